import { afterEach } from 'vitest';
import { EditorWindow } from './editor-window';

/** Keeps what the window showed when a test failed, as `test-output/failed-….png`. */
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  await EditorWindow.latest?.screenshot(`failed-${task.name.replaceAll(/\W+/g, '-').slice(0, 60)}`);
});
