/** The end of threads and processes (kernel/exit.c). */

import type { MirrorRow, MmRow, ProcessRow, TaskRow } from '../../machine/ids';
import { TaskState, Wait } from '../../machine/tasks';
import type { Kernel } from '../../routine/kernel';
import { Bool, Int, MirrorT, MmT, ProcessT, routine, SignalT } from '../../routine/routine';
import { file_close_fd, fputDevice } from '../fs/device_file';
import { exit_mmap } from '../mm/mmap/munmap';
import { mmdrop } from './process';
import { signal_wake_up } from './signal';

/** The open device with the highest descriptor, or 0. */
function last_opened(k: Kernel, process: ProcessRow): MirrorRow {
  const { devices } = k;
  let found = 0;
  for (const mirror of devices.mirrors.rows()) {
    if (devices.mirrorProcess.get(mirror) !== process || devices.mirrorFd.get(mirror) === 0) continue;
    if (found === 0 || devices.mirrorFd.get(mirror) > devices.mirrorFd.get(found)) found = mirror;
  }
  return found as MirrorRow;
}

function close_last(k: Kernel, f: { process: ProcessRow; mirror: MirrorRow }): void {
  f.mirror = last_opened(k, f.process);
  if (f.mirror !== 0) file_close_fd(k, f.mirror);
}

/** Every other thread of the process ends at its next return to user mode (zap_other_threads). */
function kill_threads(k: Kernel, process: ProcessRow): void {
  for (const task of k.tasks.tasks.rows()) {
    const other = task !== k.task && k.tasks.process.get(task) === process;
    if (other && k.tasks.state.get(task) !== TaskState.Exited) signal_wake_up(k, task as TaskRow);
  }
}

/** Closes what the process has open: work is queued file by file and done from the last to the first. */
const exit_files = routine({
  name: 'exit_files',
  file: 'kernel/exit.c',
  about:
    'Close the open devices. Each close is queued as task work, and the queue is worked off from its end.',
  params: { process: ProcessT },
  locals: { mirror: MirrorT },
  body: (r) => [
    r.step('begin with the last file', close_last),
    r.loop('there is an open device', (_, f) => f.mirror !== 0, [
      fputDevice(r, (f) => f.mirror),
      r.step('go on to the file before it', close_last),
    ]),
  ],
});

/**
 * The current task ends. With `group` (exit_group, a fatal signal) the other threads of its process are killed; the last
 * thread to come here takes the address space and the files along. `code` and `signal` are the process's exit status.
 */
export const do_exit = routine({
  name: 'do_exit',
  file: 'kernel/exit.c',
  about: 'A thread ends; with the last one its process: address space first, then the open files.',
  params: { code: Int, signal: SignalT, group: Bool },
  locals: { process: ProcessT, mm: MmT },
  body: (r) => [
    r.step('count one thread less; with exit_group or a fatal signal kill the others', (k, f) => {
      f.process = k.tasks.processOf(k.task);
      f.mm = k.tasks.mmOf(k.task);
      k.tasks.live.add(f.process, -1);
      if (f.group === 0 && f.signal === 0) return;
      kill_threads(k, f.process);
      if (k.tasks.exitSignal.get(f.process) === 0) k.tasks.exitSignal.set(f.process, f.signal);
      k.tasks.exitCode.set(f.process, f.code);
    }),
    r.when('(!group_dead): other threads are left', (k, f) => k.tasks.live.get(f.process) > 0, [
      r.ret('return'),
    ]),
    r.call('exit_mm(): the last user of the address space', exit_mmap, (_, f, callee) => {
      callee.mm = f.mm;
    }),
    r.call('exit_files(tsk)', exit_files, (_, f, callee) => {
      callee.process = f.process;
    }),
    r.step('mmdrop(mm); exit_notify(tsk)', (k, f) => {
      mmdrop(k, f.mm);
      k.tasks.mm.set(f.process, 0 as MmRow);
      if (k.tasks.exitCode.get(f.process) === 0) k.tasks.exitCode.set(f.process, f.code);
      k.tasks.exited.set(f.process, 1);
      k.emit('exit', f.process, k.tasks.exitCode.get(f.process), k.tasks.exitSignal.get(f.process));
      k.tasks.wake(Wait.Process, f.process);
    }),
  ],
});
