/** Entries of page tables (I1, I2, I3, I17, I18, I32), and the counts that other checks compare with. */

import { HUGE_PAGES } from '../kernel/mm/page_alloc/page_alloc';
import { is_mapping, vpn_of_entry } from '../kernel/mm/pgtable';
import { is_device_private } from '../kernel/mm/swap/page_ref';
import type { EntryRow, MmRow, PageRow, Vpn } from '../machine/ids';
import { Pg } from '../machine/pages';
import {
  isPfnSwapEntry,
  isPresent,
  kindOf,
  PTE_DEVMAP,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_SOFT_DIRTY,
  PTE_SPECIAL,
  PTE_UFFD_WP,
  PTE_WRITE,
  Pte,
} from '../machine/pte';
import { LEVEL_PTE } from '../machine/radix';
import type { Writer } from './marks';
import { contentPage, digestNow, keepsContents } from './page-contents';
import { type CheckState, RSS_COUNTERS, Rss } from './state';
import type { Involved } from './violation';
import { entryName, hex, pageName } from './words';

/** The page that an entry counts for, or 0 (the zero page and pages that are mapped directly are counted by nobody). */
function countedPage(lo: number, hi: number): PageRow {
  const counted = isPresent(lo) ? (lo & (PTE_SPECIAL | PTE_DEVMAP)) === 0 : isPfnSwapEntry(lo);
  return (counted ? hi : 0) as PageRow;
}

/** Which rss counter an entry counts in (mm_counter), or -1. */
function counterOf(s: CheckState, lo: number, page: PageRow): number {
  if (kindOf(lo) === Pte.Swap) return Rss.Swap;
  if (page === 0) return -1;
  const { pages } = s.kernel;
  if (pages.has(page, Pg.HugeTlb)) return -1;
  if (pages.isAnon(page)) return Rss.Anon;
  return pages.has(page, Pg.SwapBacked) ? Rss.Shmem : Rss.File;
}

/** A mapping of a large folio, or of one of its pages, counts for the folio too. */
function countLarge(s: CheckState, entry: EntryRow, lo: number, page: PageRow, delta: number): void {
  const { entries, kernel: k } = s;
  const large = k.pages.has(page, Pg.Head | Pg.Tail);
  if (delta > 0 ? !large : entries.folio.get(entry) === 0) return;
  const folio = delta > 0 ? k.pages.folio(page) : (entries.folio.get(entry) as PageRow);
  entries.folio.set(entry, delta > 0 ? folio : 0);
  entries.large.add(folio, delta);
  if (lo & PTE_HUGE) entries.entire.add(folio, delta);
  s.marks.page.follow(folio, s.writer);
}

/** A device-exclusive entry counts for its page, and for the folio on which it keeps a reference. */
function countExclusive(s: CheckState, entry: EntryRow, page: PageRow, delta: number): void {
  const { entries, kernel: k } = s;
  const folio = delta > 0 ? k.pages.folio(page) : (entries.folio.get(entry) as PageRow);
  entries.folio.set(entry, delta > 0 ? folio : 0);
  entries.exclusive.add(page, delta);
  entries.exclusiveOfFolio.add(folio, delta);
  s.marks.page.follow(folio, s.writer);
}

function countEntry(s: CheckState, entry: EntryRow, lo: number, page: PageRow, delta: number): void {
  const { entries } = s;
  if (is_mapping(s.kernel, lo)) countLarge(s, entry, lo, page, delta);
  if (lo & PTE_HUGE) {
    if (kindOf(lo) === Pte.Migration) {
      entries.migrating.add(page, delta);
      entries.migrationEntries += delta;
    }
    if (lo & PTE_WRITE) entries.writable.add(page, delta);
    return;
  }
  switch (kindOf(lo)) {
    case Pte.Migration:
      entries.migrating.add(page, delta);
      entries.migrationEntries += delta;
      break;
    case Pte.DeviceExclusive:
      if (is_mapping(s.kernel, lo)) entries.mapped.add(page, delta);
      else countExclusive(s, entry, page, delta);
      break;
    default:
      entries.mapped.add(page, delta);
  }
  if (lo & PTE_WRITE) entries.writable.add(page, delta);
  if (isPresent(lo) && lo & PTE_DIRTY) entries.dirty.add(page, delta);
}

/** Takes up every entry that was written to, and checks each. */
export function checkEntries(s: CheckState): void {
  const { entry: marks } = s.marks;
  for (let i = 1; i <= marks.count; i++) {
    const writer = marks.writer(i);
    s.at('entry', marks.at(i), writer);
    syncEntry(s, marks.at(i) as EntryRow, writer);
  }
}

interface Word {
  readonly lo: number;
  readonly hi: number;
}
const NOTHING: Word = { lo: 0, hi: 0 };

function syncEntry(s: CheckState, entry: EntryRow, writer: Writer): void {
  const { tables } = s.kernel;
  const { entries } = s;
  const node = tables.nodeOf(entry);
  const owner = entries.owner.get(node);
  const now = owner === 0 ? NOTHING : { lo: tables.lo.get(entry), hi: tables.hi.get(entry) };
  const taken = now.lo === 0 ? 0 : 1;
  if (entries.taken.get(entry) !== taken) {
    entries.taken.set(entry, taken);
    entries.used.add(node, taken === 0 ? -1 : 1);
    s.marks.node.follow(node, writer);
  }
  const leaf = tables.level.get(node) === LEVEL_PTE;
  const maps = leaf || (now.lo & PTE_HUGE) !== 0;
  const old = { lo: entries.lo.get(entry), hi: entries.hi.get(entry) };
  recount(s, entry, owner as MmRow, old, maps && owner > 0 ? now : NOTHING, writer);
  if (owner > 0) {
    if (leaf) checkLeaf(s, entry, owner as MmRow, old, now);
    else checkUpper(s, entry, owner as MmRow, now);
  } else if (owner < 0 && leaf && taken !== 0) s.marks.mirrorEntry.wrote(entry, writer);
}

/** Keeps the counts of entries by page and by address space. */
function recount(s: CheckState, entry: EntryRow, mm: MmRow, old: Word, now: Word, writer: Writer): void {
  const { entries, marks } = s;
  const before = countedPage(old.lo, old.hi);
  const page = countedPage(now.lo, now.hi);
  entries.lo.set(entry, now.lo);
  entries.hi.set(entry, now.hi);
  if (before !== 0) {
    countEntry(s, entry, old.lo, before, -1);
    marks.page.follow(before, writer);
  }
  if (page !== 0) {
    countEntry(s, entry, now.lo, page, 1);
    marks.page.follow(page, writer);
  }
  const counter = counterOf(s, now.lo, page);
  const cell = counter < 0 ? 0 : mm * RSS_COUNTERS + counter;
  const counted = entries.counter.get(entry);
  if (counted === cell) return;
  entries.counter.set(entry, cell);
  if (counted !== 0) countRss(s, counted, -pagesOf(old.lo), writer);
  if (cell !== 0) countRss(s, cell, pagesOf(now.lo), writer);
}

/** Pages that an entry maps. */
const pagesOf = (lo: number): number => (lo & PTE_HUGE ? HUGE_PAGES : 1);

function countRss(s: CheckState, cell: number, delta: number, writer: Writer): void {
  s.entries.rss.add(cell, delta);
  s.marks.mm.follow(Math.floor(cell / RSS_COUNTERS), writer);
}

/** An entry of an upper table leads to a table one level down, or is empty, or maps 512 pages at once. */
function checkUpper(s: CheckState, entry: EntryRow, mm: MmRow, { lo, hi }: Word): void {
  if (lo === 0 || (lo & PTE_HUGE) !== 0) return;
  const { tables } = s.kernel;
  const sound = lo === 1 && tables.nodes.isLive(hi) && tables.parent.get(hi) === entry;
  if (!sound)
    s.broken(1, { mm }, `an upper entry should lead to a table that hangs on it; it holds ${hex(lo)}, ${hi}`);
}

function checkLeaf(s: CheckState, entry: EntryRow, mm: MmRow, old: Word, now: Word): void {
  const { kernel: k } = s;
  const { lo, hi } = now;
  const page = countedPage(lo, hi);
  const place = (): Involved => s.place(mm, vpn_of_entry(k, entry), page);
  if (page !== 0 && k.pages.range(page) === 0) {
    s.broken(1, { mm }, `an entry names row ${page}, which is no page`);
    return;
  }
  switch (kindOf(lo)) {
    case Pte.Table:
      s.broken(1, place(), 'a leaf table holds an entry that leads to a table');
      break;
    case Pte.DevicePrivate:
      if (!is_device_private(k, page))
        s.broken(
          2,
          place(),
          `a device-private entry names ${pageName(k, page)}, which is not device-private memory`,
        );
      else if (k.pages.has(page, Pg.Free))
        s.broken(2, place(), `a device-private entry names ${pageName(k, page)}, which is free`);
      break;
    case Pte.Present:
      if (is_device_private(k, hi as PageRow))
        s.broken(
          3,
          place(),
          `a present entry maps ${pageName(k, hi as PageRow)}, which the CPU cannot address`,
        );
      break;
  }
  if (s.continuous && (old.lo !== lo || old.hi !== hi)) checkTransition(s, entry, mm, old, now);
}

/** What may become of an entry between two checks. */
function checkTransition(s: CheckState, entry: EntryRow, mm: MmRow, old: Word, now: Word): void {
  if (now.lo === 0) return;
  if (kindOf(old.lo) === Pte.Migration) checkRestored(s, entry, mm, old, now);
  else checkOverwritten(s, entry, mm, old, now);
  checkContents(s, entry, mm, old, now);
}

function checkRestored(s: CheckState, entry: EntryRow, mm: MmRow, old: Word, now: Word): void {
  const { kernel: k } = s;
  const anew = kindOf(now.lo) === Pte.DevicePrivate && !k.profile.deviceEntriesKeepSoftDirty;
  const kept = anew ? PTE_UFFD_WP : PTE_SOFT_DIRTY | PTE_UFFD_WP;
  const lost = old.lo & kept & ~now.lo;
  const gained = now.lo & ~old.lo & PTE_WRITE;
  const stays = kindOf(now.lo) === Pte.Migration;
  const fits = stays
    ? old.hi === now.hi
    : kindOf(now.lo) === Pte.Present || kindOf(now.lo) === Pte.DevicePrivate;
  // mprotect takes the soft-dirty bit off while a migration is in flight; only a restored entry must keep it.
  if (fits && gained === 0 && (lost === 0 || stays)) return;
  s.happened(
    17,
    s.place(mm, vpn_of_entry(k, entry), countedPage(now.lo, now.hi)),
    `${entryName(k, old.lo, old.hi)} became ${entryName(k, now.lo, countedPage(now.lo, now.hi))}`,
  );
}

function checkOverwritten(s: CheckState, entry: EntryRow, mm: MmRow, old: Word, now: Word): void {
  const before = countedPage(old.lo, old.hi);
  if (before === 0 || kindOf(now.lo) !== Pte.DevicePrivate || old.hi === now.hi) return;
  s.happened(
    32,
    s.place(mm, vpn_of_entry(s.kernel, entry), before),
    `${entryName(s.kernel, old.lo, before)} was overwritten by ${entryName(s.kernel, now.lo, now.hi)}`,
  );
}

function checkContents(s: CheckState, entry: EntryRow, mm: MmRow, old: Word, now: Word): void {
  const before = contentPage(old.lo, old.hi);
  const page = contentPage(now.lo, now.hi);
  if (page === 0 || before === page) return;
  const vpn = vpn_of_entry(s.kernel, entry);
  if (before !== 0) {
    if (keepsContents(s, before, page)) return;
    s.happened(
      18,
      s.place(mm, vpn, page),
      `${pageName(s.kernel, page)} replaced ${pageName(s.kernel, before)} and holds other bytes than that did`,
      'replaced',
    );
    return;
  }
  if (old.lo === 0 && isFresh(s, mm, vpn, page) && digestNow(s, page) !== 0)
    s.happened(
      18,
      s.place(mm, vpn, page),
      `${pageName(s.kernel, page)} is a fresh anonymous page and should hold zeroes`,
      'fresh-page',
    );
}

/** The page was free at the last check, and an address space that was there then gets it for anonymous memory. */
function isFresh(s: CheckState, mm: MmRow, vpn: Vpn, page: PageRow): boolean {
  const { kernel: k } = s;
  if (s.pages.inUse.get(page) !== 0 || !k.pages.isAnon(page)) return false;
  // fork fills the child's address space with copies before it has a process.
  if (s.entries.process.get(mm) === 0) return false;
  const vma = k.mm.vmaAt(mm, vpn);
  return vma !== 0 && k.mm.isAnonymous(vma);
}
