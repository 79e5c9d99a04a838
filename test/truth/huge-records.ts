/**
 * Records of programs with huge pages (`wide-programs-7.2.md`), told page by page: their runs of pages, of events and of
 * bytes are written out, so that they read as records of small pages do. An entry of the PMD table stays one row.
 */

/** The name of the kernel under which such records are compared. */
export const HUGE_KERNEL = '7.2-huge';

/** Pages that the recorder looked at, of a buffer at either of its addresses. */
export const HUGE_WINDOW = 1024;

type Json = Readonly<Record<string, unknown>>;

/** Events that the model has no counterpart of: its huge pages are on no list of folios to be split later. */
const LEFT_OUT: ReadonlySet<unknown> = new Set(['deferred_split_folio']);

const OF_FOLIOS: ReadonlySet<unknown> = new Set([
  'set_pmd_migration_entry',
  'remove_migration_pmd',
  'split_folio',
  'folio_split_unmapped',
]);

/** Fields that say again what others say, or what the model does not keep. */
const DROPPED: ReadonlySet<string> = new Set([
  'zone',
  'chunk',
  'sub',
  'pmd',
  'mm',
  'newOrder',
  'end',
  'mapOrder',
  'partiallyMapped',
]);

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** `"0*3"` is three zeroes; texts that are no run stand for themselves. */
function writtenOut(value: unknown, read: (text: string) => unknown): unknown[] {
  return list(value).flatMap((item) => {
    const run = typeof item === 'string' ? /^(.*)\*(\d+)$/.exec(item) : null;
    if (run === null) return [item];
    return Array.from({ length: Number(run[2]) }, () => read(run[1] ?? ''));
  });
}

/** The name `by` frames further: the last number of it counts. */
function frameAt(first: unknown, last: unknown, by: number): unknown {
  if (typeof first !== 'string' || typeof last !== 'string') return first;
  const star = first.endsWith('*') ? '*' : '';
  const name = first.replace('*', '');
  const end = last.replace('*', '');
  const [, stem = '', number] =
    end.includes('+') && !name.includes('+') ? ['', `${name}+`, '0'] : split(name);
  const down = Number(split(end)[2]) < Number(number);
  const n = Number(number) + (down ? -by : by);
  return `${stem.endsWith('+') && n === 0 ? stem.slice(0, -1) : `${stem}${n}`}${star}`;
}

const split = (name: string): readonly string[] => /^(.*?)(\d+)$/.exec(name) ?? ['', name, '0'];

/** One of the pages of a run. */
function pageOfRun(row: Json, i: number): Json {
  const { n: _, frameLast, devIdxLast, ...rest } = row;
  const out: Record<string, unknown> = { ...rest };
  if (i === 0) return out;
  if (rest['page'] !== undefined) out['page'] = Number(rest['page']) + i;
  if (rest['frame'] !== undefined) out['frame'] = frameAt(rest['frame'], frameLast, i);
  if (devIdxLast !== undefined) {
    const first = Number(rest['devIdx']);
    out['devIdx'] = Number(devIdxLast) < first ? first - i : first + i;
  }
  return out;
}

function without(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !DROPPED.has(name)));
}

const emptied = (row: Json, i: number): Json => ({
  p: row['p'],
  buf: row['buf'],
  ...(row['alt'] === undefined ? {} : { alt: row['alt'] }),
  page: Number(row['page']) + i,
  vma: null,
  pte: 'none',
});

function* rowsOf(row: Json): Iterable<Json> {
  const count = Number(row['n'] ?? 1);
  const huge = String(row['pte']).startsWith('pmd-');
  if (huge || row['pte'] === 'none') for (let i = 0; i < count; i++) yield emptied(row, i);
  if (row['pte'] === 'none') return;
  if (huge) yield without(pageOfRun(row, 0));
  else for (let i = 0; i < count; i++) yield without(pageOfRun(row, i));
}

function* eventsOf(event: Json): Iterable<Json> {
  if (LEFT_OUT.has(event['e'])) return;
  const { times, frameLast, devIdxLast, ...rest } = event;
  const out: Record<string, unknown> = { ...without(rest) };
  // They are about folios of 2 MiB only, which their frames tell.
  if (OF_FOLIOS.has(event['e'])) for (const name of ['order', 'dev', 'devIdx']) delete out[name];
  for (const name of ['src', 'dst'] as const)
    if (out[name] !== undefined) out[name] = writtenOut(out[name], (text) => text);
  for (let i = 0; i < Number(times ?? 1); i++) {
    if (i === 0) yield out;
    else yield pageOfRun({ ...out, frameLast, devIdxLast }, i);
  }
}

function resultOf(result: Json): Json {
  return result['data'] === undefined ? result : { ...result, data: writtenOut(result['data'], Number) };
}

function operationOf(op: Json): Json {
  const out: Record<string, unknown> = {
    ...op,
    result: resultOf((op['result'] ?? {}) as Json),
    events: list(op['events']).flatMap((event) => [...eventsOf(event as Json)]),
    state: list(op['state']).flatMap((row) => [...rowsOf(row as Json)]),
  };
  if (op['mirror'] !== undefined)
    out['mirror'] = list(op['mirror']).flatMap((entry) => {
      const run = entry as Json;
      return Array.from({ length: Number(run['n'] ?? 1) }, (_, i) => pageOfRun(run, i));
    });
  return out;
}

/** The bytes at one offset of each of 512 pages as the records write them: `0*3,7,0*508`. */
export function runLength(bytes: readonly number[]): string {
  const runs: [value: number, count: number][] = [];
  for (const value of bytes) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] === value) last[1]++;
    else runs.push([value, 1]);
  }
  return runs.map(([value, count]) => (count === 1 ? `${value}` : `${value}*${count}`)).join(',');
}

/** Whether a value is such a record. */
export const isHuge = (value: Json): boolean => value['thp'] === 1;

/** The record as one of small pages. */
export function writeOut(value: Json): Json {
  const { thp: _, ...rest } = value;
  return {
    ...rest,
    kernel: HUGE_KERNEL,
    ops: list(value['ops']).map((op) => operationOf(op as Json)),
  };
}
