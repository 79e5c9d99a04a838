/**
 * Open files of devices (fs/file.c, fs/file_table.c). A file's descriptor uses it, and so does each call in progress on
 * it: closing takes the descriptor away at once, and whoever uses the file last releases it.
 */

import type { DeviceRow, MirrorRow, ProcessRow } from '../../machine/ids';
import type { Kernel } from '../../routine/kernel';
import type { Builder, Node } from '../../routine/routine';

/** The file of a device for which the process has a descriptor, even if open() has not returned it yet; or 0. */
export function reserved_file(k: Kernel, process: ProcessRow, device: DeviceRow): MirrorRow {
  const { devices } = k;
  for (const mirror of devices.mirrors.rows()) {
    const its = devices.mirrorProcess.get(mirror) === process && devices.mirrorDevice.get(mirror) === device;
    if (its && devices.mirrorFd.get(mirror) !== 0) return mirror as MirrorRow;
  }
  return 0 as MirrorRow;
}

/** The open file that a call of the process on the device is about, or 0. */
export function fcheck(k: Kernel, process: ProcessRow, device: DeviceRow): MirrorRow {
  const file = reserved_file(k, process, device);
  return k.devices.mirrorUsers.get(file) === 0 ? (0 as MirrorRow) : file;
}

/** open() is done: the process may use its descriptor. */
export function fd_install(k: Kernel, file: MirrorRow): void {
  k.devices.mirrorUsers.set(file, 1);
}

/** A call on the file begins. */
export function fdget(k: Kernel, file: MirrorRow): MirrorRow {
  k.devices.mirrorUsers.add(file, 1);
  return file;
}

/** Takes the descriptor away: nobody finds the file any more. Its use of the file is still to be given up. */
export function file_close_fd(k: Kernel, file: MirrorRow): void {
  k.devices.mirrorFd.set(file, 0);
}

/** Gives one use of the file up; the last one releases it (fput, __fput). */
export function fputDevice<F>(r: Builder<F>, file: (f: F) => MirrorRow): Node<F> {
  return r.when(
    'fput(file) drops the last reference',
    (k, f) => k.devices.mirrorUsers.add(file(f), -1) === 0,
    [
      r.callback(
        'file->f_op->release(inode, file)',
        'release',
        (k, f) => k.devices.driver.get(k.devices.mirrorDevice.get(file(f))),
        (_, f, callee) => {
          callee.mirror = file(f);
        },
      ),
    ],
  );
}
