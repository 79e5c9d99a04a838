import type { Name, SimpleStatement } from './ast';
import type { CheckContext } from './check-context';
import { checkExpr } from './check-expression';
import type { Scope } from './scope';

const MOST_TIMES = 1e9;

/** Checks a statement that concerns a device; others have nothing left to check. */
export function checkDevice(ctx: CheckContext, statement: SimpleStatement, scope: Scope): void {
  switch (statement.kind) {
    case 'open':
    case 'close':
    case 'migrate':
      withPages(ctx, statement.device, statement.kind);
      return;
    case 'device-exclusive':
    case 'device-check-exclusive':
      withPages(ctx, statement.device, 'exclusive');
      ctx.need('exclusive', `\`${verbOf(statement.kind)}\``, statement.device.span);
      return;
    case 'device-write':
      withPages(ctx, statement.device, 'write');
      checkExpr(ctx, statement.value, scope);
      ctx.between(statement.value, scope, 'a byte', 0, 255);
      return;
    case 'device-fail':
      if (!ctx.isDriver(statement.device)) withPages(ctx, statement.device, 'fail');
      if (statement.times === undefined) return;
      checkExpr(ctx, statement.times, scope);
      ctx.between(statement.times, scope, 'how often a device fails', 1, MOST_TIMES);
      return;
    case 'device-read':
    case 'device-snapshot':
    case 'device-release':
    case 'device-evict':
    case 'device-dead':
    case 'device-repair':
      withPages(ctx, statement.device, verbOf(statement.kind));
      return;
    default:
      return;
  }
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
