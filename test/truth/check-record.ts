/** Whether a parsed JSON value is a record this comparison understands; what isn't understood is named. */

import { isHuge, writeOut } from './huge-records';
import { type RecordedKernel, recordedKernel } from './kernels';
import { type Operation, operationName, type ProgramRecord } from './record';
import { settingOf } from './setting';

/** Why a record is not compared. `operation` is what the counts file it under. */
export interface Unsupported {
  readonly operation: string;
  readonly reason: string;
}

/** Number of arguments of each operation; `dev` by its sub-command, and a value may follow each of those. */
const OPERATIONS: ReadonlyMap<string, number> = new Map([
  ['mmap', 5],
  ['munmap', 4],
  ['mprotect', 5],
  ['madvise', 5],
  ['mremap', 3],
  ['read', 3],
  ['write', 4],
  ['fork', 2],
  ['exit', 1],
  ['devopen', 2],
  ['devclose', 2],
  ['pin', 5],
  ['unpin', 0],
  ['failnext', 1],
  ['dev read', 6],
  ['dev write', 7],
  ['dev migrate', 6],
  ['dev tosys', 6],
  ['dev snapshot', 6],
  ['dev exclusive', 6],
]);

/** Number of arguments of an mmap of the wide kind. */
const WIDE_MMAP = 6;

/** The same of the wide kind. */
const WIDE_OPERATIONS: ReadonlyMap<string, number> = new Map([
  ...OPERATIONS,
  ['mmap', WIDE_MMAP],
  ['mremap', 7],
  ['mlock', 4],
  ['munlock', 4],
  ['cfu', 3],
  ['gup', 5],
  ['pin', 7],
  ['unpin', 1],
  ['dev check', 6],
  ['dev flags', 6],
]);

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const RECORD_FIELDS = words('id seed kernel buffers ops');
const OPERATION_FIELDS = words('op args result events eventsCut state alive mirror vmas devUsed');
const RESULT_FIELDS = words('ret err value cpages faults data sig code at skipped livelock');
const PLACE = 'p buf alt page';
const ROW_FIELDS = words(
  `${PLACE} vma pte w dirty young softDirty swpType frame zone dev devIdx refcount mapcount locked lru anon anonExclusive pgDirty swapBacked data mid last order entireMapcount pageMapcount`,
);
const MIRROR_FIELDS = words(`${PLACE} dev access frame`);

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

class Refusal extends Error {
  constructor(
    readonly operation: string,
    message: string,
  ) {
    super(message);
  }
}

function onlyFields(value: unknown, known: ReadonlySet<string>, operation: string, what: string): Json {
  if (!isObject(value)) throw new Refusal(operation, `${what} is not an object`);
  for (const name of Object.keys(value))
    if (!known.has(name)) throw new Refusal(operation, `${what} has an unknown field \`${name}\``);
  return value;
}

function list(value: unknown, operation: string, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Refusal(operation, `${what} is missing or not a list`);
  return value;
}

function checkEvent(kernel: RecordedKernel, value: unknown, operation: string, where: string): void {
  const name = isObject(value) ? value['e'] : undefined;
  const known = typeof name === 'string' ? kernel.events.get(name) : undefined;
  if (known === undefined) throw new Refusal(operation, `${where} has an unknown event \`${String(name)}\``);
  onlyFields(value, known, operation, `event \`${String(name)}\` of ${where}`);
}

function checkOperation(
  kernel: RecordedKernel,
  value: unknown,
  index: number,
  operations: ReadonlyMap<string, number>,
): void {
  const op = onlyFields(value, OPERATION_FIELDS, 'record', `operation ${index}`);
  const args = op['args'];
  if (typeof op['op'] !== 'string' || !Array.isArray(args) || args.some((arg) => typeof arg !== 'string'))
    throw new Refusal('record', `operation ${index} has no name or no arguments`);
  const name = operationName(op as unknown as Operation);
  const where = `operation ${index} (${name})`;
  const count = operations.get(name);
  if (count === undefined) throw new Refusal(name, `operation ${index} is an unknown operation \`${name}\``);
  if (args.length < count || args.length > Math.max(count, name.startsWith('dev ') ? 7 : 0))
    throw new Refusal(name, `${where} has ${args.length} arguments, not ${count}`);
  onlyFields(op['result'], RESULT_FIELDS, name, `the result of ${where}`);
  for (const event of list(op['events'], name, `events of ${where}`)) checkEvent(kernel, event, name, where);
  for (const row of list(op['state'], name, `state of ${where}`))
    onlyFields(row, ROW_FIELDS, name, `a row of ${where}`);
  for (const entry of list(op['mirror'] ?? [], name, `mirror of ${where}`))
    onlyFields(entry, MIRROR_FIELDS, name, `a mirror entry of ${where}`);
  for (const key of ['alive', 'vmas'] as const) list(op[key] ?? [], name, `${key} of ${where}`);
  list(op['devUsed'], name, `devUsed of ${where}`);
}

/** Whether operations are of a program of the wide kind: its mappings say at which page they begin. */
export function isWide(ops: unknown): boolean {
  if (!Array.isArray(ops)) return false;
  return ops.some(
    (op) =>
      isObject(op) && op['op'] === 'mmap' && Array.isArray(op['args']) && op['args'].length === WIDE_MMAP,
  );
}

/** A value that stands in `file` as a program's record, or why it can't be compared. */
export function checkProgram(read: unknown, file: string): ProgramRecord | Unsupported {
  const value = isObject(read) && isHuge(read) ? writeOut(read) : read;
  try {
    const record = onlyFields(value, RECORD_FIELDS, 'record', 'the record');
    if (typeof record['id'] !== 'string' || typeof record['kernel'] !== 'string')
      throw new Refusal('record', 'the record has no id or no kernel');
    const kernel = recordedKernel(record['kernel']);
    if (!isObject(record['buffers'])) throw new Refusal('record', 'the record has no buffers');
    const ops = list(record['ops'], 'record', 'ops of the record');
    const wide = isWide(ops);
    const known = wide ? WIDE_OPERATIONS : OPERATIONS;
    ops.forEach((op, index) => {
      checkOperation(kernel, op, index, known);
    });
    return { ...record, wide, setting: settingOf(file) } as unknown as ProgramRecord;
  } catch (refusal) {
    if (refusal instanceof Refusal) return { operation: refusal.operation, reason: refusal.message };
    throw refusal;
  }
}
