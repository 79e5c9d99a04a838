import { afterAll, beforeAll, expect, test } from 'vitest';
import { EditorWindow } from './editor-window';

const configuration = (program: string, more: object = {}) => ({
  type: 'hmm',
  request: 'launch',
  name: `run ${program}`,
  program: `\${workspaceFolder}/${program}`,
  ...more,
});

const launch = JSON.stringify({
  version: '0.2.0',
  configurations: [
    configuration('missing.hmm'),
    configuration('binary.hmm'),
    configuration('notes.txt', { profile: '9.9' }),
  ],
});

let window: EditorWindow;
beforeAll(async () => {
  window = await EditorWindow.open({
    'notes.txt': 'not a scenario\n',
    'binary.hmm': 'a\0b',
    '.vscode/launch.json': launch,
  });
});
afterAll(() => window.close());

test.each([
  ['missing.hmm', /There is no scenario file .*missing\.hmm: check "program"/],
  ['binary.hmm', /binary\.hmm is a binary file, not a scenario/],
  ['notes.txt', /Unknown profile "9\.9": it can be "4\.14" or "6\.1" or "6\.12"/],
])('launching %s says what is wrong in one sentence', async (program, sentence) => {
  const configuration = `run ${program}`;
  await window.command('Debug: Select and Start Debugging', () =>
    window.choices.filter({ hasText: configuration }).first().isVisible(),
  );
  await window.choose(configuration);
  await expect
    .poll(() => window.notifications.allTextContents())
    .toContainEqual(expect.stringMatching(sentence));
});
