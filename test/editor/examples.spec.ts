import { afterAll, beforeAll, expect, test } from 'vitest';
import { EditorWindow } from './editor-window';

let window: EditorWindow;
beforeAll(async () => {
  window = await EditorWindow.openEmpty();
});
afterAll(() => window.close());

test('Open Example works from an empty window and says what each example shows', async () => {
  await window.command('HMM: Open Example');
  await window.page.getByPlaceholder('Then press F5 to run it').waitFor();
  await window.choices.first().waitFor();
  await window.screenshot('open-example');
  expect(await window.choices.count()).toBeGreaterThanOrEqual(10);
  for (const row of await window.choices.all())
    expect(await row.getAttribute('aria-label')).toMatch(/^\S+, .{20}/);
  await window.choose(/./);
  await window.language.filter({ hasText: 'HMM' }).waitFor();
});
