/** What is said of a stop at which something was found: an exception, a change, or breakpoints. */

import type { World } from '../view/environment';
import type { Breakpoints } from './breakpoints';
import { changeWords } from './changes/words';
import type { CodeMap } from './code-map';
import type { Found } from './replay';
import type { StopReport } from './reports';

const AT_FIRST_FAULT = 'Paused at the first page_fault; set a breakpoint to choose your own.';

export function foundReport(
  world: World,
  map: CodeMap,
  breakpoints: Breakpoints,
  found: Found | undefined,
): StopReport {
  const { task: current } = world.kernel;
  if (found?.exception) {
    const { time: _, changes: __, ...report } = found;
    return { reason: 'exception', ...report };
  }
  const ids = found?.breakpoints;
  if (found?.changes) {
    const text = changeWords(world, map, found.changes);
    return { reason: 'data breakpoint', task: found.task, text, ...(ids ? { breakpoints: ids } : {}) };
  }
  if (ids === undefined) return { reason: 'step', task: current };
  if (breakpoints.isAutomatic(ids))
    return { reason: 'function breakpoint', task: current, automatic: true, text: AT_FIRST_FAULT };
  const reason = breakpoints.isFunction(ids) ? 'function breakpoint' : 'breakpoint';
  return { reason, task: current, breakpoints: ids };
}
