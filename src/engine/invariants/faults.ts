/** What do_swap_page returns, and with which lock (I30, I31). Checked as it returns, not at a yield. */

import { FaultFlag, VmFault } from '../kernel/constants';
import { pte_offset } from '../kernel/mm/pgtable';
import type { MmRow, TaskRow, Vpn } from '../machine/ids';
import { kindOf, Pte } from '../machine/pte';
import { TaskState } from '../machine/tasks';
import type { CheckState } from './state';
import type { Involved } from './violation';
import { hex } from './words';

/** One do_swap_page that has not returned. */
interface Pending {
  readonly vpn: Vpn;
  readonly flags: number;
  /** Entry when the callback was entered, and what it returned; undefined: it was not called. */
  lo: number;
  hi: number;
  returned: number | undefined;
  /** The driver did nothing: the failure was injected. */
  forced: boolean;
}

export class SwapFaults {
  /** By task. A fault handled for a device or for get_user_pages runs in the task that asked for it. */
  readonly #pending: (Pending | undefined)[] = [];

  entered(task: number, vpn: number, flags: number): void {
    this.#pending[task] = { vpn: vpn as Vpn, flags, lo: 0, hi: 0, returned: undefined, forced: false };
  }

  callbackEntered(s: CheckState, task: TaskRow): void {
    const pending = this.#pending[task];
    if (!pending) return;
    const entry = pte_offset(s.kernel, s.kernel.tasks.mmOf(task), pending.vpn);
    pending.lo = entry === 0 ? 0 : s.kernel.tables.lo.get(entry);
    pending.hi = entry === 0 ? 0 : s.kernel.tables.hi.get(entry);
  }

  callbackLeft(task: number, returned: number, forced: boolean): void {
    const pending = this.#pending[task];
    if (!pending) return;
    pending.returned = returned;
    pending.forced = forced;
  }

  left(s: CheckState, task: TaskRow, ret: number): void {
    const pending = this.#pending[task];
    this.#pending[task] = undefined;
    const mm = s.kernel.tasks.mmOf(task);
    if (!pending || mm === 0) return;
    s.at('task', task, s.now);
    checkLock(s, task, mm, pending, ret);
    if ((ret & VmFault.SIGBUS) !== 0) checkSigbus(s, task, mm, pending);
  }

  /** After a jump nobody knows which are pending. */
  forget(): void {
    this.#pending.length = 0;
  }
}

/** Tasks of the address space that have not ended. */
function tasksOf(s: CheckState, mm: MmRow): number {
  const { tasks } = s.kernel;
  let count = 0;
  for (const task of tasks.tasks.rows())
    if (tasks.mmOf(task as TaskRow) === mm && tasks.state.get(task) !== TaskState.Exited) count++;
  return count;
}

/** Locks have no list of their readers: where only one task could hold one, it must be this task, or nobody. */
function checkLock(s: CheckState, task: TaskRow, mm: MmRow, pending: Pending, ret: number): void {
  const { mm: spaces } = s.kernel;
  const involved = (): Involved => ({ ...s.place(mm, pending.vpn), task });
  const vma = spaces.vmaAt(mm, pending.vpn);
  const underVma = (pending.flags & FaultFlag.VmaLock) !== 0;
  const held = underVma
    ? vma !== 0 && spaces.vmaReaders.get(vma) > 0
    : spaces.lockReaders.get(mm) > 0 || spaces.lockWriter.get(mm) !== 0;
  if ((ret & VmFault.RETRY) === 0) {
    if (!held)
      s.happened(30, involved(), `do_swap_page returned ${hex(ret)}, and nobody holds the lock any more`);
  } else if (held && tasksOf(s, mm) === 1)
    s.happened(30, involved(), 'do_swap_page returned VM_FAULT_RETRY and still holds the lock');
}

function checkSigbus(s: CheckState, task: TaskRow, mm: MmRow, pending: Pending): void {
  const { kernel: k } = s;
  const involved = (): Involved => ({ ...s.place(mm, pending.vpn), task });
  const entry = pte_offset(k, mm, pending.vpn);
  const lo = entry === 0 ? 0 : k.tables.lo.get(entry);
  const hi = entry === 0 ? 0 : k.tables.hi.get(entry);
  if (pending.returned === undefined) {
    const kind = kindOf(lo);
    const sound = kind === Pte.Swap || kind === Pte.Migration || kind === Pte.DevicePrivate;
    if (sound) s.happened(31, involved(), 'do_swap_page returned VM_FAULT_SIGBUS without asking the driver');
    return;
  }
  if ((pending.returned & VmFault.SIGBUS) === 0)
    s.happened(
      31,
      involved(),
      `the callback returned ${hex(pending.returned)} and do_swap_page VM_FAULT_SIGBUS`,
    );
  if (pending.forced && (lo !== pending.lo || hi !== pending.hi))
    s.happened(31, involved(), 'the driver did nothing, and the entry has changed');
}
