/** Waiting for the editor, however slow or fast it is: limits here only end what would never come. */

import { setTimeout as sleep } from 'node:timers/promises';

/** How long a state may take to come on a machine with much else to do, in milliseconds. */
export const patience = 180_000;
/** How long one attempt may take to show its effect before the action is done again. */
const attempt = 15_000;
/** The same for an action that could not be done. */
const undone = 500;

type Check = () => Promise<boolean>;

/** Whether a state comes within a time. A check that fails because its element has just gone is a no. */
async function comes(check: Check, limit: number): Promise<boolean> {
  for (const end = Date.now() + limit; ; ) {
    if (await check().catch(() => false)) return true;
    if (Date.now() > end) return false;
    await sleep(50);
  }
}

/**
 * Does an action, and does it again as long as the editor has not taken it: a click on something that is being drawn
 * anew, or right after a menu has opened, is lost. Nothing is done where the state is there already.
 */
export async function repeat(what: string, action: () => Promise<void>, taken: Check): Promise<void> {
  let problem: unknown;
  for (const end = Date.now() + patience; ; ) {
    if (await taken().catch(() => false)) return;
    if (Date.now() > end) throw new Error(`The editor did not take: ${what}`, { cause: problem });
    const done = await action().then(
      () => true,
      (error: unknown) => {
        problem = error;
        return false;
      },
    );
    if (await comes(taken, done ? attempt : undone)) return;
  }
}
