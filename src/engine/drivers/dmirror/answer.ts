/** What the kernel reported of a range, and how it gets into the device's table (lib/test_hmm.c). */

import { HmmPfn } from '../../kernel/constants';
import { Access } from '../../machine/devices';
import type { MirrorRow, PageRow, SlotRow, Vpn } from '../../machine/ids';
import type { Kernel } from '../../routine/kernel';
import { backing_page } from './memory';
import { faultsAfterMigration } from './options';
import { mirrors } from './tables';

/** The range an ioctl is about, as the routines below it take it. */
export interface Range {
  mirror: MirrorRow;
  start: Vpn;
  end: Vpn;
}

/** Passes the range of an ioctl, which counts pages, on to a routine that takes its end. */
export function passRange(f: { mirror: MirrorRow; start: Vpn; pages: number }, callee: Range): void {
  callee.mirror = f.mirror;
  callee.start = f.start;
  callee.end = (f.start + f.pages) as Vpn;
}

/** Keeps what a call returned. */
export function keepRet(_: Kernel, f: { ret: number }, value: number): void {
  f.ret = value;
}

/** What the kernel reported of a range, and whether it was asked for writing. */
export interface Answer extends Range {
  write: number;
  pfns: SlotRow;
}

/**
 * What the device's table gets for a page. The test driver enters pages as hmm_range_fault reports them, also a private
 * page of its own device, which nobody can address. Our port, which gets pages of other devices too, enters what backs
 * them.
 */
function target(k: Kernel, page: PageRow): PageRow {
  const backs = faultsAfterMigration(k.profile) || !k.profile.intervalNotifiers;
  return backs ? backing_page(k, page) : page;
}

/** Stores what hmm_range_fault reported (dmirror_do_fault); false when a page lacks the permission asked for. */
export function do_fault(k: Kernel, { mirror, start, end, write, pfns }: Answer): boolean {
  const process = k.devices.mirrorProcess.get(mirror);
  k.emit('device_map', mirror, process, k.devices.mirrorDevice.get(mirror), start, end - start);
  for (const slot of k.slots.of(pfns)) {
    const flags = k.slots.srcFlags.get(slot);
    const writable = (flags & HmmPfn.Write) !== 0;
    if (write !== 0 && !writable) return false;
    const page = target(k, k.slots.srcPage.get(slot) as PageRow);
    mirrors.store(k, mirror, k.slots.vpn.get(slot) as Vpn, page, writable ? Access.Write : Access.Read);
  }
  return true;
}
