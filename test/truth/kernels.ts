/** The kernels whose programs are compared: which profile runs them, and what their records tell. */

import type { EventName } from '../../src/engine/routine/event-schema';
import { HUGE_KERNEL } from './huge-records';

export interface RecordedKernel {
  /** The profile that runs the record, and the switches that make it this kernel. */
  readonly profile: string;
  readonly switches: readonly string[];
  /** Fields of a row that say nothing there. */
  readonly ignored: ReadonlySet<string>;
  /** Kinds of event with the fields of each. */
  readonly events: ReadonlyMap<string, ReadonlySet<string>>;
  /** What the engine calls by another name than the record. */
  readonly spelling: ReadonlyMap<EventName, string>;
  /** How a scenario says what `pin` is there. */
  readonly pin: string;
  /** The kernel's tester of get_user_pages takes long-term pins (6.2+); before, an experiment's request for one failed. */
  readonly testsLongtermPins: boolean;
  /** Numbers of the invariants that this kernel itself breaks: a run goes on where one of them does not hold. */
  readonly breaks: ReadonlySet<number>;
  /** Calls of page_fault in one operation after which the recorder's driver gave up, so that endless ones end. */
  readonly mostFaults: number;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const RANGE = 'e depth p buf alt page npages';
const FAULT = words('e depth p buf alt page flags ret');
const FRAME = words('e depth p frame dev devIdx refcount mapcount locked');
const PHASE = words(`${RANGE} flags dev faultPage ret cpages src dst`);

/** Events of every kernel. */
const COMMON: readonly (readonly [string, ReadonlySet<string>])[] = [
  ['handle_mm_fault', FAULT],
  ['do_anonymous_page', FAULT],
  ['do_wp_page', FAULT],
  ['wp_page_copy', FAULT],
  ['do_swap_page', FAULT],
  ['do_fault', FAULT],
  ['migrate_to_ram', new Set([...FAULT, ...FRAME, 'forced', 'mmapSem'])],
  ['page_free', FRAME],
  ['migrate_vma_pages', PHASE],
  ['invalidate', words(`${RANGE} range event mirror owner`)],
];

const LATER: RecordedKernel = {
  profile: '',
  switches: [],
  // PG_dirty stays on free device pages, and is set where nothing was written (program-facts, 14).
  ignored: words('pgDirty'),
  events: new Map([
    ...COMMON,
    ['remove_device_exclusive_entry', FAULT],
    ['zone_device_page_init', FRAME],
    ['migrate_vma_setup', PHASE],
    ['migrate_vma_finalize', PHASE],
    ['migrate_device_range', words('e depth p dev npages')],
    ['hmm_range_fault', words(`${RANGE} dev flags ret`)],
    ['make_device_exclusive', words(`${RANGE} ret`)],
  ]),
  spelling: new Map(),
  pin: 'longterm fast',
  testsLongtermPins: true,
  // A migration that fails makes a device-exclusive entry of its page present.
  breaks: new Set([40]),
  mostFaults: Number.POSITIVE_INFINITY,
};

const COPY = words(`${RANGE} dev toRam src dst`);

const LINUX_414: RecordedKernel = {
  profile: '4.14',
  switches: [],
  ignored: new Set(),
  events: new Map([
    ...COMMON,
    ['migrate_vma', words(`${RANGE} ret`)],
    ['migrate_vma_collect', words(`${RANGE} cpages src`)],
    ['migrate_vma_prepare', words(`${RANGE} cpages src`)],
    ['migrate_vma_unmap', words(`${RANGE} cpages src`)],
    ['alloc_and_copy', COPY],
    ['finalize_and_map', COPY],
    ['hmm', words(`${RANGE} dev flags ret`)],
  ]),
  spelling: new Map([['hmm_range_fault', 'hmm']]),
  pin: 'fast',
  testsLongtermPins: false,
  // A device page that two processes map becomes writable after fork, mremap and a migration that is refused.
  breaks: new Set([21]),
  mostFaults: 40,
};

const PMD = words('e depth p buf alt page frame refcount mapcount locked ret');
const FOLIO = words('e depth p frame devIdx dev refcount mapcount locked ret calls');

/** Huge pages on the device: one row for 2 MiB. The test driver's memory has two chunks there. */
const LINUX_72_HUGE: RecordedKernel = {
  ...LATER,
  profile: '7.2',
  breaks: new Set(),
  events: new Map([
    ...[...LATER.events].map(([name, fields]): [string, ReadonlySet<string>] => [
      name,
      fields.has('refcount') ? new Set([...fields, 'order']) : fields,
    ]),
    ['do_huge_pmd_anonymous_page', FAULT],
    ['do_huge_pmd_device_private', FAULT],
    ['do_huge_pmd_wp_page', FAULT],
    ['set_pmd_migration_entry', PMD],
    ['remove_migration_pmd', PMD],
    ['split_huge_pmd', words(`${RANGE} freeze`)],
    ['split_folio', FOLIO],
    ['folio_split_unmapped', FOLIO],
    ['folio_split', FOLIO],
    ['collapse_huge_page', FAULT],
  ]),
  spelling: new Map([
    ['split_huge_pmd', '__split_huge_pmd'],
    ['split_huge_pmd_locked', 'split_huge_pmd'],
  ]),
};

const KERNELS: ReadonlyMap<string, RecordedKernel> = new Map([
  ['4.14', LINUX_414],
  // The same kernel with one line of mm/hmm.c moved: the entry is read before it is asked.
  ['4.14-variant', { ...LINUX_414, switches: ['hmm-entry-read-first'] }],
  ['6.1', { ...LATER, profile: '6.1', testsLongtermPins: false }],
  ['7.2', { ...LATER, profile: '7.2', breaks: new Set() }],
  [HUGE_KERNEL, LINUX_72_HUGE],
]);

/** The short name of a kernel, as profiles have it: `6.1` of `6.1.192`. */
export const shortName = (kernel: string): string => kernel.split('.').slice(0, 2).join('.');

/** The kernel that a record names; one that isn't known is taken for a profile with the events of later kernels. */
export const recordedKernel = (name: string): RecordedKernel =>
  KERNELS.get(name) ?? { ...LATER, profile: name };
