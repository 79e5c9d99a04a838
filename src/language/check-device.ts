import type { DeviceFailStatement, DeviceVerbStatement, Name, SimpleStatement } from './ast';
import type { CheckContext } from './check-context';
import { checkBetween } from './check-expression';
import type { DriverOperation, DriverVerb } from './knowledge';
import type { Scope } from './scope';
import { allOf, didYouMean, oneOf } from './suggest';
import { DEVICE_VERBS, STATEMENT_WORDS } from './vocabulary';

const MOST_TIMES = 1e9;

/** Checks a statement that concerns a device; others have nothing left to check. */
export function checkDevice(ctx: CheckContext, statement: SimpleStatement, scope: Scope): void {
  switch (statement.kind) {
    case 'open':
    case 'close':
    case 'migrate':
      withPages(ctx, statement.device, statement.kind);
      if (statement.kind === 'migrate') offered(ctx, statement.device, 'migrate');
      return;
    case 'device-verb':
      checkVerb(ctx, statement, scope);
      return;
    case 'device-exclusive':
    case 'device-check-exclusive':
      withPages(ctx, statement.device, 'exclusive');
      offered(ctx, statement.device, statement.kind === 'device-exclusive' ? 'exclusive' : 'check_exclusive');
      ctx.need('exclusive', `\`${verbOf(statement.kind)}\``, statement.device.span);
      return;
    case 'device-write':
      withPages(ctx, statement.device, 'write');
      offered(ctx, statement.device, 'write');
      checkBetween(ctx, statement.value, scope, 'a byte', 0, 255);
      return;
    case 'device-fail':
      if (!ctx.isDriver(statement.device)) withPages(ctx, statement.device, 'fail');
      checkFailPoint(ctx, statement);
      if (statement.times === undefined) return;
      checkBetween(ctx, statement.times, scope, 'how often a device fails', 1, MOST_TIMES);
      return;
    case 'kernel-fail':
      if (statement.times === undefined) return;
      checkBetween(ctx, statement.times, scope, 'how often the kernel gets no memory', 1, MOST_TIMES);
      return;
    case 'device-read':
    case 'device-snapshot':
    case 'device-release':
    case 'device-evict':
      withPages(ctx, statement.device, verbOf(statement.kind));
      offered(ctx, statement.device, OPERATIONS[statement.kind]);
      return;
    case 'device-dead':
    case 'device-repair':
      withPages(ctx, statement.device, verbOf(statement.kind));
      return;
    default:
      return;
  }
}

const OPERATIONS: Readonly<
  Record<'device-read' | 'device-snapshot' | 'device-release' | 'device-evict', DriverOperation>
> = {
  'device-read': 'read',
  'device-snapshot': 'snapshot',
  'device-release': 'release',
  'device-evict': 'evict',
};

/** Says where the driver of a device has no such operation. */
export function offered(ctx: CheckContext, device: Name, operation: DriverOperation): void {
  const found = ctx.driverWords(device);
  if (found === undefined || found.words.operations.includes(operation)) return;
  const can = [...found.words.operations, ...found.words.verbs.map(({ word }) => word)];
  const message = `driver ${found.driver} of \`${device.text}\` has no \`${operation}\`; it has ${allOf(can)}`;
  ctx.error('wrong-device', message, device.span);
}

function checkFailPoint(ctx: CheckContext, { device, point }: DeviceFailStatement): void {
  const found = ctx.driverWords(device);
  if (found === undefined || found.words.failures.includes(point.text)) return;
  const known = found.words.failures;
  const near = didYouMean(point.text, known) || `; known is ${oneOf(known)}`;
  ctx.error(
    'unknown-word',
    `nothing in driver ${found.driver} is called \`${point.text}\`${near}`,
    point.span,
  );
}

function checkVerb(ctx: CheckContext, statement: DeviceVerbStatement, scope: Scope): void {
  const { device, verb } = statement;
  if (ctx.globals.get(device.text)?.kind !== 'device') {
    const message = `there is no statement \`${device.text}\`${didYouMean(device.text, STATEMENT_WORDS)}`;
    ctx.error('unknown-statement', message, device.span);
    return;
  }
  withPages(ctx, device, verb.text);
  const verbs = ctx.driverWords(device)?.words.verbs ?? [];
  const known = verbs.find(({ word }) => word === verb.text);
  if (known !== undefined) checkOwnVerb(ctx, statement, known, scope);
  else {
    const words = [...DEVICE_VERBS, ...verbs.map(({ word }) => word)];
    const near = didYouMean(verb.text, words) || `; it can ${oneOf(words)}`;
    ctx.error('unknown-verb', `a device cannot \`${verb.text}\`${near}`, verb.span);
  }
}

function checkOwnVerb(
  ctx: CheckContext,
  statement: DeviceVerbStatement,
  verb: DriverVerb,
  scope: Scope,
): void {
  const { device, range, value } = statement;
  const form = [
    device.text,
    verb.word,
    ...(verb.range ? ['RANGE'] : []),
    ...(verb.value ? ['= NUMBER'] : []),
  ];
  if ((range !== undefined) !== verb.range || (value !== undefined) !== (verb.value !== undefined))
    ctx.error('syntax', `write \`${form.join(' ')}\`: ${verb.about}`, statement.span);
  if (value === undefined || verb.value === undefined) return;
  checkBetween(ctx, value, scope, verb.value.what, verb.value.least, verb.value.most);
}

function verbOf(kind: string): string {
  return kind.replace('device-', '').replace('-', '_');
}

/** A device whose driver takes part: persistent memory has none. */
export function withPages(ctx: CheckContext, device: Name, verb: string): void {
  if (ctx.device(device) !== 'persistent') return;
  const message = `\`${device.text}\` is persistent memory and has no driver to ${verb}; it can only be mapped: \`mmap … device ${device.text}\``;
  ctx.error('wrong-device', message, device.span);
}
