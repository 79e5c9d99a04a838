import { type EditorWindow, soon } from './editor-window';
import { repeat } from './repeat';

/** Stops at a callback only where a condition holds, through the button of its row in Callbacks. */
export async function setCondition(window: EditorWindow, callback: string, condition: string): Promise<void> {
  const row = window.rows('Callbacks', callback);
  const title = window.page.locator('.quick-input-title', { hasText: `Stop at ${callback} when` });
  const set = async () => {
    // A click elsewhere closes the question, as does a notice that takes the keyboard: then it is asked again.
    if (!(await title.isVisible())) await window.pressInRow(row, 'Edit Condition');
    await title.waitFor(soon);
    await window.question.fill(condition, soon);
    await window.page.keyboard.press('Enter');
  };
  await repeat(`the condition ${condition}`, set, () =>
    row.filter({ hasText: `if ${condition}` }).isVisible(),
  );
  await row.locator('[role=checkbox][aria-checked=true]').waitFor();
}
