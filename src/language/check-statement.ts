import type {
  Block,
  Expr,
  ForkStatement,
  KillStatement,
  LetReadStatement,
  MmapStatement,
  MremapStatement,
  Name,
  OnStatement,
  RepeatStatement,
  SimpleStatement,
  Statement,
  TaskStatement,
  ThreadStatement,
  UnderStatement,
} from './ast';
import type { CheckContext } from './check-context';
import { checkDevice, offered, withPages } from './check-device';
import {
  checkAddress,
  checkBetween,
  checkExpr,
  checkNumber,
  checkOutcome,
  checkRange,
} from './check-expression';
import { ADVICE_FEATURES } from './knowledge';
import { PAGE_SIZE } from './numbers';
import { describeSymbol, type Scope } from './scope';
import { SIGNALS } from './signals';
import { spanOf } from './source';
import { allOf, didYouMean } from './suggest';

const ADDRESS_SPACE = 2 ** 47;
const HUGE_PAGE = 2 << 20;
const MOST_REPEATS = 1e9;

/** Where a statement stands: whose names it sees, and which task executes it. */
export interface Place {
  readonly scope: Scope;
  readonly task: string;
  /** It is executed by a device. */
  readonly context?: boolean;
}

/** What a context of a device can do. */
const CONTEXT_KINDS: ReadonlySet<string> = new Set([
  'read',
  'write',
  'barrier',
  'repeat',
  'loop',
  'under',
  'print',
  'expect',
]);

/** Checks the statements of a block in their order. */
export function checkBlock(ctx: CheckContext, block: Block, place: Place): void {
  let ended = false;
  for (const statement of block.statements) {
    if (ctx.problems.full) return;
    if (ended) {
      ctx.warn('unreachable', 'this is never reached', spanOf(statement.span));
      ended = false;
    }
    checkStatement(ctx, statement, place);
    ended = statement.kind === 'exit' || statement.kind === 'loop';
  }
}

function checkStatement(ctx: CheckContext, statement: Statement, place: Place): void {
  const { scope } = place;
  if (place.context === true && !CONTEXT_KINDS.has(statement.kind)) {
    const message = `a context of a device can't do this; it can ${allOf([...CONTEXT_KINDS])}`;
    ctx.error('misplaced', message, statement.span);
    return;
  }
  switch (statement.kind) {
    case 'let':
      checkNumber(ctx, statement.value, scope);
      defineValue(ctx, statement.name, scope, ctx.constant(statement.value, scope));
      return;
    case 'on':
      checkOn(ctx, statement, place);
      return;
    case 'thread':
      checkThread(ctx, statement, place);
      return;
    case 'repeat':
      checkRepeat(ctx, statement, place);
      return;
    case 'loop':
      forgetSizes(statement.body, scope);
      checkBlock(ctx, statement.body, place);
      return;
    case 'under':
      checkUnder(ctx, statement, place);
      return;
    case 'print':
      for (const part of statement.parts) if ('expr' in part) checkExpr(ctx, part.expr, scope);
      return;
    case 'expect':
      checkExpr(ctx, statement.condition, scope);
      return;
    default:
      checkSimple(ctx, statement, place);
      if (statement.outcome !== undefined) checkOutcome(ctx, statement.outcome, scope);
  }
}

function checkSimple(ctx: CheckContext, statement: SimpleStatement, place: Place): void {
  const { scope } = place;
  if ('range' in statement) checkRange(ctx, statement.range, scope, statement.outcome);
  switch (statement.kind) {
    case 'mmap':
      checkMmap(ctx, statement, scope);
      return;
    case 'mremap':
      checkMremap(ctx, statement, scope);
      return;
    case 'madvise': {
      const feature = ADVICE_FEATURES.get(statement.advice.text);
      if (feature !== undefined)
        ctx.need(feature, `\`madvise … ${statement.advice.text}\``, statement.advice.span);
      return;
    }
    case 'write':
    case 'fill':
      checkBetween(ctx, statement.value, scope, 'a byte', 0, 255);
      return;
    case 'copy_from_user':
    case 'copy_to_user':
      if (statement.bytes === undefined) return;
      checkExpr(ctx, statement.bytes, scope);
      ctx.between(statement.bytes, scope, 'the bytes of a page', 1, PAGE_SIZE);
      return;
    case 'add':
      checkNumber(ctx, statement.value, scope);
      return;
    case 'let-read':
      checkLetRead(ctx, statement, scope);
      return;
    case 'join':
    case 'wait':
      checkTaskStatement(ctx, statement, place);
      return;
    case 'exit':
      if (statement.code !== undefined) checkBetween(ctx, statement.code, scope, 'an exit code', 0, 255);
      return;
    case 'kill':
      checkKill(ctx, statement);
      return;
    case 'fork':
      checkFork(ctx, statement, place);
      return;
    case 'swapon':
      if (statement.size !== undefined) swapSize(ctx, statement.size, scope);
      return;
    case 'barrier':
      if (statement.of !== undefined)
        checkBetween(ctx, statement.of, scope, 'the number of tasks at a barrier', 1, 10_000);
      meetAt(ctx, statement.name, place.task, statement.of !== undefined);
      return;
    default:
      checkDevice(ctx, statement, scope);
      return;
  }
}

/** Checks the size of a swap area. */
export function swapSize(ctx: CheckContext, size: Expr, scope: Scope | undefined): void {
  checkNumber(ctx, size, scope);
  ctx.size(size, scope, {
    what: 'a swap area',
    empty: 'a swap area needs a size',
    most: 2 ** 44,
    why: 'a swap area can be',
  });
}

function defineValue(ctx: CheckContext, name: Name, scope: Scope, value: number | undefined): void {
  const own = scope.findOwn(name.text);
  const global = ctx.globals.get(name.text);
  if (own !== undefined && !(own.kind === 'value' && own.inherited)) {
    ctx.alreadyNamed(name, describeSymbol(own), own.span);
  } else if (global !== undefined) {
    ctx.alreadyNamed(name, describeSymbol(global), global.span);
  } else if (ctx.knowledge.names.has(name.text)) {
    ctx.machineName(name);
  } else {
    scope.set(name.text, { kind: 'value', span: name.span, value });
  }
}

function checkMmap(ctx: CheckContext, statement: MmapStatement, scope: Scope): void {
  const { name, size, source, at } = statement;
  checkNumber(ctx, size, scope);
  const huge = statement.pages === 'hugetlb';
  const bytes = ctx.size(size, scope, {
    what: 'a mapping',
    empty: 'a mapping needs a size',
    most: ADDRESS_SPACE,
    why: 'the address space',
    ...(huge ? { unit: HUGE_PAGE } : {}),
  });
  if (source.kind === 'file') ctx.file(source.file);
  if (source.kind === 'device') ctx.device(source.device);
  if (at !== undefined) {
    checkNumber(ctx, at, scope);
    checkAddress(ctx, at, scope);
  }
  defineBuffer(ctx, name, scope, bytes);
}

function defineBuffer(ctx: CheckContext, name: Name, scope: Scope, bytes: number | undefined): void {
  const local = scope.findOwn(name.text);
  const global = ctx.globals.get(name.text);
  if (local?.kind === 'value') ctx.alreadyNamed(name, 'a value', local.span);
  else if (global !== undefined) ctx.alreadyNamed(name, describeSymbol(global), global.span);
  else if (ctx.knowledge.names.has(name.text)) ctx.machineName(name);
  else scope.set(name.text, { kind: 'buffer', span: name.span, pages: pagesIn(bytes) });
}

function pagesIn(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / PAGE_SIZE;
}

function checkMremap(ctx: CheckContext, statement: MremapStatement, scope: Scope): void {
  const { range, size, to } = statement;
  if (to !== undefined) {
    checkNumber(ctx, to, scope);
    checkAddress(ctx, to, scope);
  }
  if (size === undefined) return;
  checkNumber(ctx, size, scope);
  const limits = {
    what: 'a mapping',
    empty: 'a mapping needs a size',
    most: ADDRESS_SPACE,
    why: 'the address space',
  };
  const bytes = ctx.size(size, scope, limits);
  const whole = range.kind === 'pages' && range.first === undefined && range.end === undefined;
  if (!whole || range.kind !== 'pages') return;
  const buffer = scope.find(range.buffer.text);
  if (buffer?.kind === 'buffer') scope.set(range.buffer.text, { ...buffer, pages: pagesIn(bytes) });
}

function checkLetRead(ctx: CheckContext, statement: LetReadStatement, scope: Scope): void {
  defineValue(ctx, statement.name, scope, undefined);
}

function checkTaskStatement(ctx: CheckContext, statement: TaskStatement, place: Place): void {
  const task = ctx.task(statement.task);
  if (task === undefined) return;
  const name = statement.task.text;
  if (statement.kind === 'join' && task.role !== 'thread') {
    ctx.error(
      'wrong-kind',
      `\`${name}\` is a process; wait for it with \`wait ${name}\``,
      statement.task.span,
    );
  } else if (statement.kind === 'wait' && task.role === 'thread') {
    ctx.error(
      'wrong-kind',
      `\`${name}\` is a thread; wait for it with \`join ${name}\``,
      statement.task.span,
    );
  } else if (name === place.task) {
    ctx.error('waits-for-itself', `\`${name}\` cannot wait for itself`, statement.task.span);
  }
}

function checkKill(ctx: CheckContext, statement: KillStatement): void {
  ctx.task(statement.task);
  const { signal } = statement;
  if (signal !== undefined && !SIGNALS.has(signal.text)) {
    ctx.error(
      'unknown-word',
      `\`${signal.text}\` is not a signal${didYouMean(signal.text, SIGNALS.keys())}`,
      signal.span,
    );
  }
}

function checkCpu(ctx: CheckContext, cpu: Expr | undefined, scope: Scope): void {
  if (cpu !== undefined) checkBetween(ctx, cpu, scope, 'the number of a CPU', 0, ctx.cpus - 1);
}

function checkFork(ctx: CheckContext, statement: ForkStatement, place: Place): void {
  checkCpu(ctx, statement.cpu, place.scope);
  const scope = place.scope.copy();
  ctx.started.set(statement.name.text, scope);
  if (statement.body !== undefined) checkBlock(ctx, statement.body, { scope, task: statement.name.text });
}

function checkThread(ctx: CheckContext, statement: ThreadStatement, place: Place): void {
  checkCpu(ctx, statement.cpu, place.scope);
  ctx.started.set(statement.name.text, place.scope);
  const { device, body } = statement;
  if (device !== undefined) {
    withPages(ctx, device, 'run a context');
    offered(ctx, device, 'context');
  }
  if (body === undefined) return;
  checkBlock(ctx, body, { scope: place.scope, task: statement.name.text, context: device !== undefined });
}

function checkOn(ctx: CheckContext, statement: OnStatement, place: Place): void {
  const name = statement.task.text;
  const task = ctx.task(statement.task);
  if (task !== undefined && !task.idle) {
    const how = task.role === 'process' ? 'a child or thread' : 'one';
    const message = `\`${name}\` runs statements of its own; only ${how} that was started without a body can be told what to do`;
    ctx.error('not-idle', message, statement.task.span);
  }
  const own = ctx.started.get(name);
  if (task?.idle && own === undefined) {
    const line = ctx.lines.position(task.span.start).line;
    ctx.error('not-started', `\`${name}\` is started only later, on line ${line}`, statement.task.span);
  }
  const scope = own === undefined || own === place.scope ? place.scope : own.seenFrom(place.scope);
  checkBlock(ctx, statement.body, { scope, task: name });
}

function checkRepeat(ctx: CheckContext, statement: RepeatStatement, place: Place): void {
  const { scope } = place;
  checkBetween(ctx, statement.count, scope, 'how often a block is repeated', 0, MOST_REPEATS);
  forgetSizes(statement.body, scope);
  if (statement.as === undefined) {
    checkBlock(ctx, statement.body, place);
    return;
  }
  defineValue(ctx, statement.as, scope, undefined);
  checkBlock(ctx, statement.body, place);
  scope.delete(statement.as.text);
}

/** In a block that is repeated a buffer may have the size that a later statement of the block gives it. */
function forgetSizes(block: Block, scope: Scope): void {
  for (const statement of block.statements) {
    const name = statement.kind === 'mmap' ? statement.name.text : resized(statement);
    const known = name === undefined ? undefined : scope.findOwn(name);
    if (name !== undefined && known?.kind === 'buffer') scope.set(name, { ...known, pages: undefined });
    if ('body' in statement && statement.body !== undefined) forgetSizes(statement.body, scope);
  }
}

function resized(statement: Statement): string | undefined {
  const grows =
    statement.kind === 'mremap' && statement.size !== undefined && statement.range.kind === 'pages';
  return grows && statement.range.kind === 'pages' ? statement.range.buffer.text : undefined;
}

function checkUnder(ctx: CheckContext, statement: UnderStatement, place: Place): void {
  for (const profile of statement.profiles) ctx.checkProfile(profile);
  const before = ctx.profiles;
  ctx.profiles = statement.profiles.map(({ text }) => ctx.knowledge.releases.get(text) ?? text);
  checkBlock(ctx, statement.body, place);
  ctx.profiles = before;
}

function meetAt(ctx: CheckContext, name: Name, task: string, counted: boolean): void {
  const barrier = ctx.barriers.get(name.text) ?? { tasks: new Set<string>(), span: name.span, open: true };
  barrier.tasks.add(task);
  if (counted) barrier.open = false;
  ctx.barriers.set(name.text, barrier);
}
