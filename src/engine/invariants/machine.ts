/** Memory cgroups (I23), swap areas and types (I33), and the machine at rest (I36). */

import { TaskState } from '../machine/tasks';
import type { SwapTypes } from '../profiles/profile';
import type { CheckState } from './state';
import { count } from './words';

export function checkCharges(s: CheckState): void {
  const { memcg: marks } = s.marks;
  for (let i = 1; i <= marks.count; i++) {
    const memcg = marks.at(i);
    // 0 stands for no cgroup: what is charged to nobody is not counted.
    if (memcg === 0) continue;
    const usage = s.kernel.memcgUsage.get(memcg);
    const charged = s.pages.charged.get(memcg);
    s.at('memcg', memcg, marks.writer(i));
    if (usage !== charged)
      s.broken(23, {}, `usage of cgroup ${memcg} should be ${charged}, the pages charged; it is ${usage}`);
  }
}

/** Codes of the special entry types of a profile. */
function typeCodes(types: SwapTypes): number[] {
  const { maxSwapfiles: _, ...special } = types;
  return Object.values(special).filter((code): code is number => code !== undefined);
}

const ALL_TYPES = 32;

export function checkSwapTypes(s: CheckState): void {
  const { swapTypes } = s.kernel.profile;
  const codes = typeCodes(swapTypes);
  const distinct = new Set(codes).size === codes.length;
  const above = codes.every((code) => code >= swapTypes.maxSwapfiles && code < ALL_TYPES);
  s.at('machine', 0, s.now);
  if (!distinct || !above || swapTypes.maxSwapfiles + codes.length !== ALL_TYPES)
    s.broken(
      33,
      {},
      `type codes ${codes.join(', ')} should fill the numbers from ${swapTypes.maxSwapfiles} to 31`,
    );
  const areas = [...s.kernel.swap.areas.rows()].length;
  if (areas > swapTypes.maxSwapfiles)
    s.broken(33, {}, `there should be at most ${swapTypes.maxSwapfiles} swap areas; there are ${areas}`);
}

/** No task is inside the kernel: each one's innermost frame is the scenario's own, or it is a worker without work. */
export function isQuiet(s: CheckState): boolean {
  const { tasks } = s.kernel;
  for (let task = tasks.tasks.after(0); task !== 0; task = tasks.tasks.after(task)) {
    if (tasks.state.get(task) === TaskState.Exited) continue;
    // A kernel worker without a call waits for work.
    if (tasks.process.get(task) === 0 && tasks.depth.get(task) <= 1) continue;
    const base = tasks.base.get(task);
    if (base !== 0 && !s.linked.routines[tasks.stack.get(base - 3)]?.routine.scenario) return false;
  }
  return true;
}

export function checkQuiet(s: CheckState): void {
  const { kernel: k, pages, entries } = s;
  s.at('machine', 1, { time: k.time, pc: s.interpreter.running });
  const found: string[] = [];
  if (pages.lockedPages > 0) found.push(count(pages.lockedPages, 'locked page'));
  if (pages.shortHolds > 0) found.push(count(pages.shortHolds, 'short reference'));
  if (entries.migrationEntries > 0)
    found.push(count(entries.migrationEntries, 'migration entry', 'migration entries'));
  const { table: migrations } = k.migrations;
  if (migrations.after(0) !== 0) found.push(count([...migrations.rows()].length, 'migration'));
  const { mms } = k.mm;
  for (let mm = mms.after(0); mm !== 0; mm = mms.after(mm)) {
    if (k.mm.lockReaders.get(mm) !== 0 || k.mm.lockWriter.get(mm) !== 0) found.push('a held mmap_lock');
    if (k.mm.activeInvalidations.get(mm) !== 0) found.push('an open invalidation');
  }
  const { mirrors } = k.devices;
  for (let mirror = mirrors.after(0); mirror !== 0; mirror = mirrors.after(mirror))
    if (s.mirrorsOf(mirror).mutex.get(mirror) !== 0) found.push('a held driver lock');
  if (s.lockedVmas > 0) found.push(count(s.lockedVmas, 'locked VMA'));
  if (found.length > 0) s.broken(36, {}, `no task is inside the kernel, and there is ${found.join(', ')}`);
}

/** Takes up per-VMA locks. */
export function syncVmas(s: CheckState): void {
  const { vma: marks } = s.marks;
  for (let i = 1; i <= marks.count; i++) {
    const vma = marks.at(i);
    const locked = s.kernel.mm.vmaReaders.get(vma) > 0 ? 1 : 0;
    s.lockedVmas += locked - s.vmaLocked.get(vma);
    s.vmaLocked.set(vma, locked);
  }
}
