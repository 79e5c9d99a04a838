/** Where the expressions of a request are evaluated. */

import { sceneAt } from '../debugger/variables/scopes';
import type { LinkedRoutine } from '../engine/routine/link';
import type { Scene } from '../view/environment';
import type { Stopped } from './request';

/** The scene of a frame, or of the task that runs next; and the routine whose locals hold. */
export function sceneOfFrame(
  adapter: Stopped,
  frameId: number | undefined,
): { scene: Scene; routine: LinkedRoutine | undefined } {
  const { world } = adapter.session.debuggee;
  const { task, frame } =
    frameId === undefined ? { task: world.kernel.task, frame: undefined } : adapter.view.frame(frameId);
  const top = frame ?? adapter.view.frames(task)[0];
  return { scene: sceneAt(world, task, top), routine: top?.routine };
}
