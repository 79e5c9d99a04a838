import { afterEach } from 'vitest';
import { EditorWindow } from './editor-window';

/** Keeps what the window showed when a test failed, as `test-output/failed-….png`, and leaves the window as the next test expects it. */
afterEach(async ({ task }) => {
  const window = EditorWindow.latest;
  if (!window || window.page.isClosed()) return;
  if (task.result?.state === 'fail') {
    await window.screenshot(`failed-${task.name.replaceAll(/\W+/g, '-').slice(0, 60)}`);
    await window.reopen();
  }
  await window.reset();
});
