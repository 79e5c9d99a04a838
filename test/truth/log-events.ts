/** The one table between the names of a log's entries and those of a program's events. */

import { FaultFlag, Select, VmFault } from '../../src/engine/kernel/constants';
import type { LogEntry } from './log-record';
import type { ObservedEvent, Vocabulary } from './observe-events';
import type { RecordedEvent } from './record';

/**
 * Entries of a log by their names in a program's record. What isn't here is not compared: the engine tells it in
 * another way (`trap`, `device_fault`, `release`, `unmap_page_range`, …), or it depends on how many chunks of memory
 * the device happened to own (`evict_chunk` and the phases of an eviction).
 */
const NAMES: Readonly<Record<string, string>> = {
  fault: 'handle_mm_fault',
  do_swap_page: 'do_swap_page',
  do_anonymous_page: 'do_anonymous_page',
  do_wp_page: 'do_wp_page',
  do_fault: 'do_fault',
  do_huge_pmd_anonymous_page: 'do_huge_pmd_anonymous_page',
  split_huge_pmd: 'split_huge_pmd',
  page_fault: 'migrate_to_ram',
  page_free: 'page_free',
  zone_device_page_init: 'zone_device_page_init',
  migrate_vma_setup: 'migrate_vma_setup',
  alloc_and_copy: 'alloc_and_copy',
  migrate_vma_pages: 'migrate_vma_pages',
  migrate_vma_finalize: 'migrate_vma_finalize',
  invalidate: 'invalidate',
  hmm_range_fault: 'hmm_range_fault',
  make_device_exclusive: 'make_device_exclusive',
  remove_device_exclusive_entry: 'remove_device_exclusive_entry',
  set_migration_pte: 'set_migration_pte',
  remove_migration_pte: 'remove_migration_pte',
};

/** What a log's `in` may name; system calls and ioctls are the outside. */
const ENCLOSING = [
  'fault',
  'do_swap_page',
  'page_fault',
  'migrate_vma_setup',
  'migrate_vma_pages',
  'migrate_vma_finalize',
  'hmm_range_fault',
];

export const LOG_VOCABULARY: Vocabulary = {
  kinds: new Set(Object.values(NAMES)),
  enclosing: new Set(ENCLOSING.map((name) => NAMES[name] ?? name)),
};

const FAULT_FLAGS: Readonly<Record<string, number>> = {
  WRITE: FaultFlag.Write,
  MKWRITE: FaultFlag.Mkwrite,
  ALLOW_RETRY: FaultFlag.AllowRetry,
  RETRY_NOWAIT: FaultFlag.RetryNowait,
  KILLABLE: FaultFlag.Killable,
  TRIED: FaultFlag.Tried,
  USER: FaultFlag.User,
  REMOTE: FaultFlag.Remote,
  INSTRUCTION: FaultFlag.Instruction,
  INTERRUPTIBLE: FaultFlag.Interruptible,
  UNSHARE: FaultFlag.Unshare,
  ORIG_PTE_VALID: FaultFlag.OrigPteValid,
  VMA_LOCK: FaultFlag.VmaLock,
};
const SELECTED: Readonly<Record<string, number>> = {
  SYSTEM: Select.System,
  DEVICE_PRIVATE: Select.DevicePrivate,
  DEVICE_COHERENT: Select.DeviceCoherent,
  COMPOUND: Select.Compound,
};
const REQUESTED: Readonly<Record<string, number>> = { FAULT: 1, WRITE: 2 };

function bits(value: unknown, table: Readonly<Record<string, number>>): number {
  return Array.isArray(value) ? value.reduce((sum: number, name) => sum | (table[String(name)] ?? 0), 0) : 0;
}

interface ArrayEntry {
  readonly valid?: number;
  readonly migrate?: number;
  readonly write?: number;
  readonly compound?: number;
  readonly page?: string;
}

function arrayEntry(entry: ArrayEntry | null): string {
  if (entry === null) return '-';
  const { valid, migrate, write, compound, page } = entry;
  const letters = [
    valid ? 'V' : '',
    migrate ? 'M' : '',
    write ? 'W' : '',
    compound ? 'C' : '',
    page === undefined ? '' : 'p',
  ].join('');
  return letters === '' ? '-' : letters;
}

/** Entries of an array that a log shows. */
const SHOWN = 4;

type Building = { -readonly [K in keyof RecordedEvent]: RecordedEvent[K] };

function counts(entry: LogEntry, built: Building): void {
  if (typeof entry['dpage'] === 'string') built.frame = entry['dpage'];
  for (const name of ['refcount', 'mapcount', 'cpages'] as const)
    if (typeof entry[name] === 'number') built[name] = entry[name];
  if (entry['locked'] !== undefined) built.locked = Number(entry['locked']);
  if (typeof entry['refcountBefore'] === 'number') built.refcount = entry['refcountBefore'];
}

function special(entry: LogEntry, built: Building): void {
  switch (entry.ev) {
    case 'fault':
      built.flags = bits(entry['flags'], FAULT_FLAGS);
      return;
    case 'migrate_vma_setup':
      built.flags = bits(entry['select'], SELECTED);
      built.faultPage = entry['faultPage'] === null ? 0 : 1;
      return;
    case 'migrate_vma_pages':
    case 'migrate_vma_finalize':
      for (const name of ['src', 'dst'] as const)
        built[name] = (entry[name] as (ArrayEntry | null)[]).slice(0, SHOWN).map(arrayEntry);
      delete built.cpages;
      return;
    case 'alloc_and_copy':
      built.event = String(entry['direction']);
      delete built.cpages;
      return;
    case 'hmm_range_fault':
      built.flags = bits(entry['request'], REQUESTED);
      return;
    case 'invalidate':
      built.event = String(entry['event']);
      if (typeof entry['owner'] === 'string') built.owner = entry['owner'];
      if (entry['range'] === 'all') built.range = 'all';
      if (typeof entry['device'] === 'number') built.dev = entry['device'];
      return;
    default:
      return;
  }
}

function eventOf(entry: LogEntry, e: string): Building {
  const inside = ENCLOSING.includes(String(entry['in'])) ? (NAMES[String(entry['in'])] ?? '') : '';
  const built: Building = { e, p: String(entry.p), inside };
  if (entry.buf !== undefined && entry.page !== undefined)
    Object.assign(built, { buf: entry.buf, page: entry.page });
  if (typeof entry.pages === 'number') built.npages = entry.pages;
  counts(entry, built);
  special(entry, built);
  return built;
}

/** The compared events of a log, in its order, each with what its `.return` entry tells. */
export function logEvents(log: readonly LogEntry[]): RecordedEvent[] {
  const events: Building[] = [];
  const open: Building[] = [];
  for (const entry of log) {
    const [name = '', returns] = (entry.ev ?? '').split('.');
    const e = NAMES[name];
    if (e === undefined) continue;
    if (returns === undefined) {
      const built = eventOf(entry, e);
      events.push(built);
      open.push(built);
      continue;
    }
    const at = lastIndex(open, (event) => event.e === e && event.p === entry.p);
    const event = open[at];
    if (event === undefined) continue;
    open.length = at;
    const { ret } = entry;
    event.ret = typeof ret === 'number' ? ret : bits(ret, VmFault);
    if (typeof entry['cpages'] === 'number') event.cpages = entry['cpages'];
  }
  return events;
}

/** The engine's events as a log shows them: arrays as they are when a phase begins, and only their first entries. */
export function asLogged(events: readonly ObservedEvent[]): ObservedEvent[] {
  let setup: ObservedEvent | undefined;
  return events.map((event) => {
    if (event.e === 'migrate_vma_setup') setup = event;
    const src = event.e === 'migrate_vma_pages' ? setup?.src : event.src;
    const device = event.mirror?.[1];
    return {
      ...event,
      ...(src === undefined ? {} : { src: src.slice(0, SHOWN) }),
      ...(event.dst === undefined ? {} : { dst: event.dst.slice(0, SHOWN) }),
      ...(device === undefined ? {} : { dev: device }),
    };
  });
}

function lastIndex<T>(items: readonly T[], test: (item: T) => boolean): number {
  for (let i = items.length - 1; i >= 0; i--) if (test(items[i] as T)) return i;
  return -1;
}
