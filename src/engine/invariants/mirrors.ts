/**
 * What devices see of processes (I24), how they obey invalidations (I25), their sequences (I26), what is left of a released
 * one (I39), and what they have for themselves alone (I40).
 */

import { Notify } from '../kernel/constants';
import { leaf_offset, subpage, vpn_of_entry } from '../kernel/mm/pgtable';
import { is_device_private } from '../kernel/mm/swap/page_ref';
import { Access } from '../machine/devices';
import { Hold } from '../machine/holds';
import type { EntryRow, MmRow, NodeRow, PageRow, Vpn } from '../machine/ids';
import { isPresent, kindOf, PTE_WRITE, Pte } from '../machine/pte';
import { ENTRIES, LEVEL_PMD, LEVEL_PTE } from '../machine/radix';
import type { Marks } from './marks';
import { bytesOf, checkTakeover } from './page-contents';
import type { CheckState } from './state';
import { entryName, pageName } from './words';

/** Keys of a mirror's tree end here. */
const TREE_END = 2 ** 36;

/** An entry of a page table has changed: entries of mirrors for the same address are looked at again. */
export function followMirrors(s: CheckState): void {
  const { kernel: k, marks } = s;
  for (let i = 1; i <= marks.entry.count; i++) {
    const entry = marks.entry.at(i) as EntryRow;
    const mm = s.entries.owner.get(k.tables.nodeOf(entry));
    if (mm <= 0 || k.mm.firstMirror.get(mm) === 0) continue;
    const level = k.tables.level.get(k.tables.nodeOf(entry));
    if (level > LEVEL_PMD) continue;
    const first = vpn_of_entry(k, entry);
    const end = first + ENTRIES ** level;
    for (let mirror = k.mm.firstMirror.get(mm); mirror !== 0; mirror = k.devices.mirrorNext.get(mirror)) {
      const root = s.mirrorsOf(mirror).root.get(mirror) as NodeRow;
      for (let vpn: number = first; vpn < end; vpn++) {
        const seen = k.tables.find(root, vpn as Vpn, LEVEL_PTE);
        if (seen !== 0 && k.tables.lo.get(seen) !== 0) marks.mirrorEntry.follow(seen, marks.entry.writer(i));
      }
    }
  }
}

/** Checks entries of mirrors; `later` gets those that an invalidation or migration still has to come to. */
export function checkMirrorEntries(s: CheckState, later: Marks): void {
  const { mirrorEntry: marks } = s.marks;
  for (let i = 1; i <= marks.count; i++) {
    s.at('entry', marks.at(i), marks.writer(i));
    if (!checkMirrorEntry(s, marks.at(i) as EntryRow)) later.follow(marks.at(i), marks.writer(i));
  }
}

/** False if it is too early to say. */
function checkMirrorEntry(s: CheckState, seen: EntryRow): boolean {
  const { kernel: k } = s;
  const mirror = -s.entries.owner.get(k.tables.nodeOf(seen));
  const access = k.tables.lo.get(seen);
  const mm = k.devices.mirrorMm.get(mirror) as MmRow;
  if (mirror <= 0 || access === 0 || !k.mm.mms.isLive(mm)) return true;
  const vpn = vpn_of_entry(k, seen);
  const entry = leaf_offset(k, mm, vpn);
  const lo = entry === 0 ? 0 : k.tables.lo.get(entry);
  const page = entry === 0 ? 0 : subpage(k, entry, k.tables.hi.get(entry) as PageRow, vpn);
  const shown = k.tables.hi.get(seen) as PageRow;
  if (agrees(s, lo, page as PageRow, shown, access)) return true;
  if (access === Access.Atomic && page === shown && k.holds.has(shown, Hold.Lost)) {
    s.broken(
      40,
      { ...s.place(mm, vpn, shown), mirror, device: k.devices.mirrorDevice.get(mirror) },
      `${pageName(k, shown)} is mapped again, and the device that has it for itself was not told; a reference of it is lost`,
    );
    return true;
  }
  if (kindOf(lo) === Pte.Migration) checkTakeover(s, mm, vpn, page as PageRow, shown);
  if (isChanging(s, mirror, mm, vpn)) return false;
  if (is_device_private(k, shown)) {
    s.broken(
      24,
      { ...s.place(mm, vpn, shown), mirror, device: k.devices.mirrorDevice.get(mirror) },
      `the device's table names ${pageName(k, shown)} itself, which nobody can address, and not the page that backs it`,
    );
    return true;
  }
  const right = access === Access.Read ? 'reading' : 'writing';
  s.broken(
    24,
    { ...s.place(mm, vpn, shown), mirror, device: k.devices.mirrorDevice.get(mirror) },
    `the device maps ${pageName(k, shown)} for ${right}; the process has there: ${entryName(k, lo, page)}`,
  );
  return true;
}

function agrees(s: CheckState, lo: number, page: PageRow, shown: PageRow, access: number): boolean {
  const kind = kindOf(lo);
  if (access === Access.Atomic) return kind === Pte.DeviceExclusive && page === shown;
  const maps = isPresent(lo) ? page === shown : kind === Pte.DevicePrivate && bytesOf(s, page) === shown;
  return maps && (access !== Access.Write || (lo & PTE_WRITE) !== 0);
}

/** An invalidation of the address space is going on, or a migration by the mirror's own device, which the driver skips. */
function isChanging(s: CheckState, mirror: number, mm: MmRow, vpn: Vpn): boolean {
  const { kernel: k } = s;
  if (k.mm.activeInvalidations.get(mm) > 0) return true;
  const { migrations } = k;
  const device = k.devices.mirrorDevice.get(mirror);
  for (const m of migrations.table.rows()) {
    if (migrations.owner.get(m) !== device) continue;
    const vma = migrations.vma.get(m);
    // An eviction goes by page frame, whatever maps it.
    if (vma === 0) return true;
    const covers = migrations.start.get(m) <= vpn && vpn < migrations.end.get(m);
    if (covers && k.mm.mm.get(vma) === mm) return true;
  }
  return false;
}

export function checkMirrors(s: CheckState): void {
  const { mirror: marks } = s.marks;
  const { devices, mm, profile } = s.kernel;
  for (let i = 1; i <= marks.count; i++) {
    const mirror = marks.at(i);
    s.at('mirror', mirror, marks.writer(i));
    checkReleased(s, mirror);
    const space = devices.mirrorMm.get(mirror);
    if (!devices.mirrors.isLive(mirror) || space === 0 || !profile.intervalNotifiers) continue;
    const seq = devices.mirrorSeq.get(mirror);
    if ((seq & 1) === 0) s.broken(26, { mirror }, `the sequence of a mirror should be odd; it is ${seq}`);
    if (seq > mm.notifierSeq.get(space))
      s.broken(
        26,
        { mirror },
        `the sequence of a mirror should not be ahead of ${mm.notifierSeq.get(space)}; it is ${seq}`,
      );
  }
}

/** I39: releasing a file takes its users' count along; a call that returns to it afterwards counts below 0. */
function checkReleased(s: CheckState, mirror: number): void {
  const { devices } = s.kernel;
  if (devices.mirrors.isLive(mirror) || devices.mirrorUsers.get(mirror) === 0) return;
  s.broken(39, { mirror }, `the file of mirror ${mirror} was released while a call was inside it`);
}

/** What the latest invalidate callback of each task was told. */
export class Invalidations {
  readonly #told: (readonly number[] | undefined)[] = [];

  heard(s: CheckState, task: number, leave: boolean, args: readonly number[]): void {
    if (!leave) {
      this.#told[task] = [...args];
      return;
    }
    const told = this.#told[task];
    this.#told[task] = undefined;
    if (told) checkObeyed(s, told);
  }

  /** After a jump nobody knows. */
  forget(): void {
    this.#told.length = 0;
  }
}

function checkObeyed(s: CheckState, told: readonly number[]): void {
  const { kernel: k } = s;
  const [mirror = 0, , device = 0, start = 0, end = 0, event = 0, owner = 0] = told;
  const own = k.profile.intervalNotifiers && event === Notify.MIGRATE && owner === device;
  if (own) return;
  const root = s.mirrorsOf(mirror).root.get(mirror) as NodeRow;
  const left = k.tables.next(root, start as Vpn, Math.min(end, TREE_END) as Vpn);
  if (left === -1) return;
  const mm = k.devices.mirrorMm.get(mirror) as MmRow;
  s.at('mirror', mirror, { time: k.time, pc: s.interpreter.running });
  s.happened(
    25,
    { ...s.place(mm, left), mirror, device },
    'after the invalidate callback the device still maps a page of the range',
  );
}
