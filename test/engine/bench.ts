/** A machine on which a test calls the kernel's routines one after another, as one process or several. */

import { dmirror } from '../../src/engine/drivers/dmirror';
import { dmirror_read, dmirror_write } from '../../src/engine/drivers/dmirror/access';
import { dmirror_open } from '../../src/engine/drivers/dmirror/file';
import {
  dmirror_migrate_to_device,
  dmirror_migrate_to_system,
} from '../../src/engine/drivers/dmirror/migrate';
import { cpu_access } from '../../src/engine/kernel/arch/x86/mm/fault';
import { boot } from '../../src/engine/kernel/boot';
import { do_exit } from '../../src/engine/kernel/kernel/exit';
import { sys_fork } from '../../src/engine/kernel/kernel/fork';
import { main_task, mm_alloc, process_alloc, task_alloc } from '../../src/engine/kernel/kernel/process';
import { pin_user_pages, unpin_user_pages } from '../../src/engine/kernel/mm/gup/pin';
import { sys_madvise } from '../../src/engine/kernel/mm/madvise/madvise';
import { sys_mlock, sys_munlock } from '../../src/engine/kernel/mm/mlock/mlock';
import { sys_mmap } from '../../src/engine/kernel/mm/mmap/mmap';
import { sys_munmap } from '../../src/engine/kernel/mm/mmap/munmap';
import { sys_mprotect } from '../../src/engine/kernel/mm/mprotect';
import { mremap_anywhere, sys_mremap } from '../../src/engine/kernel/mm/mremap/mremap';
import { pte_offset, pte_page, ptep_get } from '../../src/engine/kernel/mm/pgtable';
import { lru_drain_now } from '../../src/engine/kernel/mm/swap/lru_add_drain';
import { sys_swapon } from '../../src/engine/kernel/mm/swapfile/swapfile';
import { sys_swapoff } from '../../src/engine/kernel/mm/swapfile/swapoff';
import { reclaim_range, try_to_free_mem_cgroup_pages } from '../../src/engine/kernel/mm/vmscan/vmscan';
import { Vm } from '../../src/engine/machine/address-spaces';
import type { MmRow, PageRow, ProcessRow, TaskRow, Vpn } from '../../src/engine/machine/ids';
import { TaskState } from '../../src/engine/machine/tasks';
import type { Profile } from '../../src/engine/profiles';
import { linux612 } from '../../src/engine/profiles/linux-6.12';
import { Kernel } from '../../src/engine/routine/kernel';
import { link } from '../../src/engine/routine/link';
import { type AnyRoutine, Int, type Routine, routine } from '../../src/engine/routine/routine';
import { Interpreter } from '../../src/engine/time/interpreter';

export const RW = Vm.Read | Vm.Write;

/** What the routines of the bench may be called by. */
const CALLED: readonly AnyRoutine[] = [
  sys_mmap,
  sys_munmap,
  sys_mprotect,
  sys_fork,
  do_exit,
  cpu_access,
  dmirror_open,
  dmirror_read,
  dmirror_write,
  dmirror_migrate_to_device,
  dmirror_migrate_to_system,
  pin_user_pages,
  unpin_user_pages,
  sys_swapon,
  sys_madvise,
  sys_mremap,
  mremap_anywhere,
  sys_mlock,
  sys_munlock,
  sys_swapoff,
  reclaim_range,
  try_to_free_mem_cgroup_pages,
  lru_drain_now,
];

const ARGUMENTS = { a0: Int, a1: Int, a2: Int, a3: Int, a4: Int, a5: Int, a6: Int };
type Slots = Record<string, number>;

/** Calls a routine with the values of its own parameters and hands its result to `keep`. */
function caller(callee: AnyRoutine, keep: (value: number) => void): Routine<unknown> {
  const names = Object.keys(callee.params);
  return routine({
    name: `test of ${callee.name}`,
    file: 'test',
    about: 'Calls one routine.',
    params: ARGUMENTS,
    body: (r) => [
      r.call(
        callee.name,
        callee as Routine<Slots>,
        (_, f, args) => {
          names.forEach((name, i) => {
            args[name] = (f as Slots)[`a${i}`] ?? 0;
          });
        },
        (_, _f, value) => keep(value),
      ),
    ],
  });
}

export class Bench {
  readonly kernel: Kernel;
  readonly #interpreter: Interpreter;
  readonly #callers = new Map<AnyRoutine, AnyRoutine>();
  #value = 0;
  process: ProcessRow;

  constructor(
    readonly profile: Profile = linux612,
    ramPages = 1 << 16,
  ) {
    const keep = (value: number): void => {
      this.#value = value;
    };
    for (const callee of CALLED) this.#callers.set(callee, caller(callee, keep));
    this.kernel = new Kernel(profile, [dmirror]);
    boot(this.kernel, {
      cpus: 1,
      nodes: [{ zones: [{ kind: 'normal', pages: ramPages }] }],
      devices: [
        { kind: 'private', pages: 4096, node: 0, driver: 0 },
        { kind: 'private', pages: 4096, node: 0, driver: 0 },
      ],
    });
    this.#interpreter = new Interpreter(this.kernel, link(profile, [...this.#callers.values()], [dmirror]));
    const mm = mm_alloc(this.kernel, 1);
    this.process = process_alloc(this.kernel, 0, mm, 0 as ProcessRow);
    task_alloc(this.kernel, this.process, 0);
  }

  get task(): TaskRow {
    return main_task(this.kernel, this.process);
  }

  get mm(): MmRow {
    return this.kernel.tasks.mm.get(this.process) as MmRow;
  }

  /** Runs a routine in the current process and drains the LRU batches; `args` in the order of its parameters. */
  call(callee: AnyRoutine, ...args: number[]): number {
    const value = this.#run(callee, args);
    this.#run(lru_drain_now, []);
    return value;
  }

  #run(callee: AnyRoutine, args: readonly number[]): number {
    const { kernel } = this;
    const body = this.#callers.get(callee);
    if (body === undefined) throw new Error(`${callee.name} is not on the bench`);
    kernel.tasks.setCurrent(this.task);
    this.#interpreter.start(this.task, body, (frame) => {
      args.forEach((value, i) => {
        (frame as unknown as Slots)[`a${i}`] = value;
      });
    });
    const stop = this.#interpreter.run(kernel.time + 1_000_000, false);
    // Children that were not started yet don't count.
    if (kernel.tasks.state.get(this.task) !== TaskState.Exited)
      throw new Error(`${callee.name} stopped: ${stop}`);
    return this.#value;
  }

  mmap(start: number, pages: number, flags: number = RW, file = 0): number {
    return this.call(sys_mmap, start, pages, flags, file, 0, 0, start === 0 ? 0 : 1);
  }

  munmap(start: number, pages: number): number {
    return this.call(sys_munmap, start, pages);
  }

  mprotect(start: number, pages: number, prot: number): number {
    return this.call(sys_mprotect, start, pages, prot);
  }

  read(vpn: number): number {
    return this.call(cpu_access, vpn * 4096, 0, 0);
  }

  write(vpn: number, value: number): number {
    return this.call(cpu_access, vpn * 4096, 1, value);
  }

  open(device: number): number {
    return this.call(dmirror_open, device);
  }

  /** Makes a child and goes on in the parent; returns the child. */
  fork(): ProcessRow {
    return this.call(sys_fork, 1) as ProcessRow;
  }

  exit(): void {
    this.call(do_exit, 0, 0, 1);
  }

  /** Puts pages on the device of a mirror. */
  toDevice(mirror: number, vpn: number, pages: number): number {
    return this.call(dmirror_migrate_to_device, mirror, vpn, pages);
  }

  madvise(vpn: number, pages: number, advice: number): number {
    return this.call(sys_madvise, vpn, pages, advice);
  }

  /** Pins a range for long; returns the pin's row, or the error. */
  pin(vpn: number, pages: number, write: boolean): number {
    const pin = this.kernel.pins.table.alloc();
    const ret = this.call(pin_user_pages, vpn, pages, write ? 1 : 0, 1, 1, pin);
    return ret < 0 ? ret : pin;
  }

  unpin(pin: number): number {
    return this.call(unpin_user_pages, pin);
  }

  refcount(vpn: number): number {
    return this.kernel.pages.refcount.get(this.page(vpn));
  }

  /** Free pages of all zones. */
  get free(): number {
    let free = 0;
    for (const zone of this.kernel.zones.rows()) free += this.kernel.zones.free.get(zone);
    return free;
  }

  /** Does something as another process. */
  as<T>(process: ProcessRow, work: () => T): T {
    const before = this.process;
    this.process = process;
    try {
      return work();
    } finally {
      this.process = before;
    }
  }

  pte(vpn: number): number {
    return ptep_get(this.kernel, pte_offset(this.kernel, this.mm, vpn as Vpn));
  }

  page(vpn: number): PageRow {
    return pte_page(this.kernel, pte_offset(this.kernel, this.mm, vpn as Vpn));
  }

  hasTable(vpn: number): boolean {
    return pte_offset(this.kernel, this.mm, vpn as Vpn) !== 0;
  }

  /** The VMAs as `start+pages rwp anon_vma?`, the start counted from `base`. */
  vmas(base: number): string[] {
    const { mm } = this.kernel;
    return [...mm.vmasOf(this.mm)].map((vma) => {
      const flags = mm.flags.get(vma);
      const letter = (bit: number, name: string): string => ((flags & bit) !== 0 ? name : '-');
      const prot = `${letter(Vm.Read, 'r')}${letter(Vm.Write, 'w')}${letter(Vm.Shared, 's').replace('-', 'p')}`;
      const anon = mm.anonVma.get(vma) === 0 ? '' : ' anon';
      return `${mm.start.get(vma) - base}+${mm.end.get(vma) - mm.start.get(vma)} ${prot}${anon}`;
    });
  }

  /** Invalidations told since `time`, as `EVENT from+pages`. */
  invalidations(since: number, base: number): string[] {
    const names = [
      'UNMAP',
      'CLEAR',
      'PROTECTION_VMA',
      'PROTECTION_PAGE',
      'SOFT_DIRTY',
      'RELEASE',
      'MIGRATE',
      'EXCLUSIVE',
    ];
    const told: string[] = [];
    for (const event of this.kernel.events.between(since, this.kernel.time + 1)) {
      if (event.name !== 'invalidate' || event.leave) continue;
      const [, , device = 0, start = 0, end = 0, kind = 0] = event.args;
      const range = end >= 2 ** 35 ? 'all' : `${start - base}+${end - start}`;
      told.push(`${device}:${names[kind]} ${range}`);
    }
    return told;
  }
}
