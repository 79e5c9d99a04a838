import type {
  DeviceControlStatement,
  DeviceFailStatement,
  DeviceRangeStatement,
  DeviceWriteStatement,
  FailPoint,
  Name,
  Word,
} from './ast';
import type { Cursor } from './cursor';
import { optional, parseValue } from './parse-expression';
import { parseName, parseRange, parseWordOf } from './parse-parts';
import { spanOf } from './source';
import { FAIL_POINTS, FAULT_RESULTS } from './vocabulary';

type DeviceStatement =
  | DeviceRangeStatement
  | DeviceWriteStatement
  | DeviceControlStatement
  | DeviceFailStatement;

type Unfinished<T> = T extends unknown ? Omit<T, 'span' | 'outcome'> : never;

const ON_RANGE: ReadonlyMap<string, DeviceRangeStatement['kind']> = new Map([
  ['read', 'device-read'],
  ['snapshot', 'device-snapshot'],
  ['exclusive', 'device-exclusive'],
  ['check_exclusive', 'device-check-exclusive'],
]);

const CONTROL: ReadonlyMap<string, DeviceControlStatement['kind']> = new Map([
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
function readFailPoint(c: Cursor): Word<FailPoint> {
  const old = c.take('page_fault');
  if (old !== undefined) return { text: 'migrate_to_ram', span: spanOf(old) };
  return parseWordOf(c, FAIL_POINTS, 'a point of failure');
}
