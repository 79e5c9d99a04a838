/** The reference ledger of a page: who holds it, since when, and what of that a migration does not expect. */

import { Hold } from '../../engine/machine/holds';
import { type PageRow, vaOf } from '../../engine/machine/ids';
import { allOf } from '../../language/suggest';
import { isDriverPage, type Reference, referencesOf } from './holders';
import type { World } from './scene';
import { whatBrought } from './why';

/**
 * References that a migration expects besides those of the entries, which it replaces (folio_expected_ref_count,
 * migrate_vma_check_page): those of caches, and its own.
 */
const EXPECTED: ReadonlySet<Reference['kind']> = new Set<Reference['kind']>([
  Hold.Pte,
  'base',
  Hold.PageCache,
  Hold.SwapCache,
  Hold.Collect,
  Hold.Isolate,
  Hold.ToMove,
]);
/** Not expected either, and gone when it looks: it drains the batches of the CPUs first (lru_add_drain_all). */
const DRAINED: ReadonlySet<Reference['kind']> = new Set<Reference['kind']>([Hold.LruBatch, Hold.MlockBatch]);

/**
 * The fault that brings a page of a device home holds it, and its own migration expects that (fault_page). Of several
 * faults of one page it is the one whose migration has the page; before one has it each is in the way of the others.
 */
function ownFault(
  { kernel: k }: World,
  page: PageRow,
  references: readonly Reference[],
): Reference | undefined {
  if (!isDriverPage(k, page)) return undefined;
  const { migrations } = k;
  const faults = references.filter(({ kind }) => kind === Hold.Fault);
  const collected = references.find(({ kind }) => kind === Hold.Collect)?.who;
  const migration = (row: number): boolean => migrations.faultPage.get(row) === page;
  const rows = collected === undefined ? [...migrations.table.rows()].filter(migration) : [collected];
  const migrating = new Set(rows.map((row) => migrations.task.get(row)));
  const own =
    rows.length === 0 ? faults : faults.filter(({ who }) => who !== undefined && migrating.has(who));
  return own.length === 1 ? own[0] : undefined;
}

export interface LedgerRow {
  readonly name: string;
  readonly count: number;
  /** `since time 209`, or what brought an entry's page; empty where nobody knows. */
  readonly since: string;
  /** It keeps a migration from moving the page. */
  readonly inTheWay: boolean;
}

export interface Ledger {
  readonly rows: readonly LedgerRow[];
  readonly refcount: number;
  /** The count at which a migration moves the page. */
  readonly expected: number;
}

function sinceWhen(world: World, { at, since }: Reference): string {
  if (at) return whatBrought(world, at.process, vaOf(at.vpn)) ?? '';
  if (since === undefined) return '';
  return since === 0 ? 'since the start' : `since time ${since}`;
}

/** The references of a page; those that differ in nothing are one row. */
export function ledgerOf(world: World, page: PageRow): Ledger {
  const rows = new Map<string, LedgerRow>();
  const references = referencesOf(world, page);
  const own = ownFault(world, page, references);
  let expected = 0;
  for (const reference of references) {
    const { name, count, kind } = reference;
    const since = sinceWhen(world, reference);
    const key = `${name} ${since}`;
    const isExpected = EXPECTED.has(kind) || reference === own;
    if (isExpected) expected += count;
    const inTheWay = !isExpected && !DRAINED.has(kind);
    rows.set(key, { name, since, inTheWay, count: (rows.get(key)?.count ?? 0) + count });
  }
  const refcount = world.kernel.pages.refcount.get(world.kernel.pages.folio(page));
  return { rows: [...rows.values()], refcount, expected };
}

/** `since time 209; a migration does not expect it` */
const noteOf = ({ since, inTheWay }: LedgerRow): string =>
  [since, ...(inTheWay ? ['a migration does not expect it'] : [])].filter((part) => part !== '').join('; ');

/** `1024, since time 209; a migration does not expect it` */
export const showCount = (row: LedgerRow): string =>
  [String(row.count), noteOf(row)].filter((part) => part !== '').join(', ');

/** `1024 pin_user_pages (p), since time 209; a migration does not expect it` */
const showRow = (row: LedgerRow): string =>
  [`${row.count} ${row.name}`, noteOf(row)].filter((part) => part !== '').join(', ');

/** `1; pin_user_pages (p) is in the way` */
export function showExpected({ rows, expected }: Ledger): string {
  const names = new Set(rows.filter(({ inTheWay }) => inTheWay).map(({ name }) => name));
  if (names.size === 0) return String(expected);
  return `${expected}; ${allOf([...names])} ${names.size === 1 ? 'is' : 'are'} in the way`;
}

/** A ledger as lines: one for each holder, and the count beside the one that a migration expects. */
export function ledgerLines(world: World, page: PageRow): string[] {
  const ledger = ledgerOf(world, page);
  return [
    ...ledger.rows.map(showRow),
    `refcount ${ledger.refcount}, a migration expects ${showExpected(ledger)}`,
  ];
}
