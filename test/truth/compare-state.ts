/** The state after an operation: rows, mirrors, VMAs, who lives, device pages in use. */

import { type Divergence, show } from './divergence';
import type { Expected } from './expected';
import type { FrameMap } from './frames';
import { type Observed, type ObservedMirror, type ObservedRow, rowKey } from './observe-state';
import { showPlace } from './places';
import type { MirrorEntry, Row, VmaEntry } from './record';

/** Fields of a row in the order in which a difference is told. */
const ROW_FIELDS = [
  'vma',
  'pte',
  'w',
  'dirty',
  'young',
  'softDirty',
  'swpType',
  'zone',
  'dev',
  'devIdx',
  'refcount',
  'mapcount',
  'order',
  'entireMapcount',
  'pageMapcount',
  'locked',
  'lru',
  'anon',
  'anonExclusive',
  'swapBacked',
  'pgDirty',
  'data',
  'mid',
  'last',
] as const;

/** The recorder doesn't know the page: it looks at the tables of single pages, and this one is mapped by a huge entry. */
const UNKNOWN = '?';

const EMPTY_ROW: ObservedRow = { vma: null, pte: 'none' };

export class StateComparison {
  readonly #found: Divergence[] = [];

  /** `ignored`: fields of a row that say nothing in these records. */
  constructor(
    readonly frames: FrameMap,
    readonly time: number,
    readonly ignored: ReadonlySet<string>,
  ) {}

  compare(expected: Expected, observed: Observed): Divergence[] {
    this.#list('alive', expected.alive, observed.alive);
    this.#list('vmas', expected.vmas.map(showVma).sort(), observed.vmas.map(showVma).sort());
    this.#beginFrames(expected);
    this.#rows(expected, observed);
    this.#mirror(expected.mirror, observed.mirror);
    this.#list('devUsed', expected.devUsed.map(show), observed.devUsed.map(show));
    return this.#found;
  }

  #beginFrames(expected: Expected): void {
    const mapped = new Set<string>();
    const files: string[] = [];
    for (const { frame, anon } of expected.rows.values()) {
      if (frame === undefined) continue;
      mapped.add(frame);
      if (anon === 0) files.push(frame);
    }
    this.frames.begin(mapped, files);
  }

  #add(field: string, where: string, kernel: string, engine: string): void {
    this.#found.push({ level: 'state', field, where, kernel, engine, time: this.time });
  }

  #list(field: string, kernel: readonly string[], engine: readonly string[]): void {
    if (kernel.join(';') === engine.join(';')) return;
    const more = engine.filter((item) => !kernel.includes(item));
    const less = kernel.filter((item) => !engine.includes(item));
    const part = (items: readonly string[]): string =>
      items.length === 0 ? 'nothing else' : items.join(' ');
    if (more.length + less.length === 0) this.#add(field, '', kernel.join(' '), engine.join(' '));
    else this.#add(field, '', part(less), part(more));
  }

  #rows(expected: Expected, observed: Observed): void {
    for (const [key, row] of expected.rows) this.#row(key, row, observed.rows.get(key) ?? EMPTY_ROW);
    for (const [key, row] of observed.rows) {
      if (expected.rows.has(key)) continue;
      const field = row.vma === null ? 'pte' : 'vma';
      this.#add(field, key, field === 'vma' ? 'null' : 'none', show(row[field]));
    }
  }

  #row(key: string, kernel: Row, engine: ObservedRow): void {
    for (const field of ROW_FIELDS) {
      const wanted = kernel[field];
      if (wanted === undefined || wanted === engine[field] || this.ignored.has(field)) continue;
      if (field === 'w' && wanted === null) continue;
      this.#add(field, key, show(wanted), show(engine[field]));
      if (field === 'pte') return;
    }
    this.#frame('frame', key, kernel.frame, engine.frame);
  }

  #frame(field: string, where: string, name: string | undefined, page: number | undefined): void {
    if (name === undefined || page === undefined) return;
    const wrong = this.frames.match(name, page);
    if (wrong !== undefined) this.#add(field, where, wrong.kernel, wrong.engine);
  }

  #mirrorFrame(key: string, wanted: string, entry: ObservedMirror): void {
    if (wanted === UNKNOWN) return;
    if ((wanted === 'zero') !== entry.zero)
      this.#add('mirror frame', key, wanted, entry.zero ? 'zero' : 'another page');
    else if (!entry.zero) this.#frame('mirror frame', key, wanted.replace('*', ''), entry.frame);
  }

  #mirror(kernel: readonly MirrorEntry[], engine: readonly ObservedMirror[]): void {
    const found = new Map(engine.map((entry) => [mirrorKey(entry), entry]));
    for (const wanted of kernel) {
      const key = mirrorKey(wanted);
      const entry = found.get(key);
      found.delete(key);
      if (entry === undefined) this.#add('mirror', key, wanted.access, 'no entry');
      else if (entry.access !== wanted.access) this.#add('mirror', key, wanted.access, entry.access);
      else this.#mirrorFrame(key, wanted.frame, entry);
    }
    for (const [key, entry] of found) this.#add('mirror', key, 'no entry', entry.access);
  }
}

const mirrorKey = (entry: MirrorEntry | ObservedMirror): string =>
  `${rowKey(entry.p, entry)} on device ${entry.dev}`;

function showVma([p, buf, alt, page, pages, prot, anon]: VmaEntry): string {
  return `${p}:${showPlace({ buf, alt, page })}+${pages}:${prot}${anon === 1 ? ':anon_vma' : ''}`;
}
