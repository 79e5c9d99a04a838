import type {
  DeviceControlStatement,
  DeviceFailStatement,
  DeviceHealthStatement,
  DeviceRangeStatement,
  DeviceVerbStatement,
  DeviceWriteStatement,
  Name,
  Word,
} from './ast';
import type { Cursor } from './cursor';
import { optional, parseValue } from './parse-expression';
import { parseJoinedWord, parseName, parseRange, parseWordOf } from './parse-parts';
import { spanOf } from './source';
import { FAULT_RESULTS } from './vocabulary';

type DeviceStatement =
  | DeviceRangeStatement
  | DeviceWriteStatement
  | DeviceControlStatement
  | DeviceHealthStatement
  | DeviceFailStatement;

type Unfinished<T> = T extends unknown ? Omit<T, 'span' | 'outcome'> : never;

const ON_RANGE: ReadonlyMap<string, DeviceRangeStatement['kind']> = new Map([
  ['read', 'device-read'],
  ['snapshot', 'device-snapshot'],
  ['exclusive', 'device-exclusive'],
  ['check_exclusive', 'device-check-exclusive'],
]);

const CONTROL: ReadonlyMap<string, DeviceControlStatement['kind'] | DeviceHealthStatement['kind']> = new Map([
  ['release', 'device-release'],
  ['evict', 'device-evict'],
  ['dead', 'device-dead'],
  ['repair', 'device-repair'],
]);

/** Reads `DEVICE VERB …`; the caller has seen that the second word is a verb of devices. */
export function parseDeviceStatement(c: Cursor): Unfinished<DeviceStatement> {
  const device = parseName(c, 'the name of a device');
  const verb = c.next().text;
  const onRange = ON_RANGE.get(verb);
  if (onRange !== undefined) return { kind: onRange, device, range: parseRange(c) };
  const control = CONTROL.get(verb);
  if (control !== undefined) return { kind: control, device };
  if (verb === 'fail') return readFail(c, device);
  const range = parseRange(c);
  c.expect('=', `\`=\` and a value, as in \`${device.text} write buf = 0x20\``);
  return { kind: 'device-write', device, range, value: parseValue(c) };
}

function readFail(c: Cursor, device: Name): Unfinished<DeviceFailStatement> {
  const point = readFailPoint(c);
  const as =
    point.text === 'migrate_to_ram' && c.take('as') ? parseWordOf(c, FAULT_RESULTS, 'a result') : undefined;
  const times = c.take('times') ? parseValue(c) : undefined;
  return { kind: 'device-fail', device, point, ...optional({ as, times }) };
}

/** The callback may be called by each of its names. */
function readFailPoint(c: Cursor): Word {
  const old = c.take('page_fault');
  if (old !== undefined) return { text: 'migrate_to_ram', span: spanOf(old) };
  return parseJoinedWord(c, 'what is to fail, as in `fail migrate_to_ram`');
}

/** Signs behind a word that may be a range. */
const BEHIND_RANGE: ReadonlySet<string> = new Set(['[', '=', 'expect', 'for', 'past', '(', '+', '-', '.']);

/** Whether a line can be `DEVICE VERB [RANGE] [= VALUE]` with a verb of a driver's own. */
export function mayBeDriverVerb(c: Cursor): boolean {
  if (c.peek(1).kind !== 'word') return false;
  const third = c.peek(2);
  const ends = third.kind === 'newline' || third.kind === 'end' || third.text === ';' || third.text === '}';
  if (ends || third.text === '=' || third.text === 'expect') return true;
  const fourth = c.peek(3);
  const over =
    fourth.kind === 'newline' || fourth.kind === 'end' || fourth.text === ';' || fourth.text === '}';
  return third.kind === 'word' && (over || BEHIND_RANGE.has(fourth.text));
}

/** Reads `DEVICE VERB [RANGE] [= VALUE]`; which verbs there are is the driver's to say. */
export function parseDriverVerb(c: Cursor): Unfinished<DeviceVerbStatement> {
  const device = parseName(c, 'the name of a device');
  const verb = parseName(c, 'a verb of its driver');
  const range = c.atEnd() || c.is('=') || c.is('expect') ? undefined : parseRange(c);
  const value = c.take('=') ? parseValue(c) : undefined;
  return { kind: 'device-verb', device, verb, ...optional({ range, value }) };
}
