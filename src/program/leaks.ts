/** What nobody uses any more and the kernel has not given back. */

import type { Run } from './run';

/** Processes that are named; of more only how many there are. */
const MOST_NAMED = 8;

/** Sentences for a person; none where nothing has leaked. */
export function leaks({ kernel, world }: Pick<Run, 'kernel' | 'world'>): string[] {
  const { mm, tasks } = kernel;
  const names: string[] = [];
  for (const row of mm.mms.rows()) {
    const process = mm.process.get(row);
    if (tasks.exited.get(process) !== 0) names.push(world.names.tasks[tasks.name.get(process)] ?? '');
  }
  if (names.length === 0) return [];
  const named = names.slice(0, MOST_NAMED).join(', ');
  const whose = names.length > MOST_NAMED ? `${named} and ${names.length - MOST_NAMED} more` : named;
  return [
    `Leaked: the mm_struct of ${whose}. Linux ${kernel.profile.name} never frees one that had a mirror, for the reference that its notifier took is given back by nobody.`,
  ];
}
