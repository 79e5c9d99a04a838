import type { Block, Expr, Name, Outcome, Statement, Word } from './ast';
import { type Cursor, SyntaxFault, show } from './cursor';
import { GLUE_BEFORE } from './lexer';
import { mayBeDriverVerb, parseDeviceStatement, parseDriverVerb } from './parse-device';
import { optional, parseExpr, parseValue } from './parse-expression';
import { parseMmap } from './parse-mmap';
import {
  parseJoinedWord,
  parseName,
  parseOutcome,
  parseProt,
  parseRange,
  parseStringTemplate,
  parseWordOf,
} from './parse-parts';
import { spanOf } from './source';
import { RANGE_STATEMENT_KINDS, type RangeStatementKind } from './statements/range-statements';
import { didYouMean, nearest } from './suggest';
import { ADVICES, DEVICE_VERBS, KERNEL_ALLOCATIONS, STATEMENT_WORDS, TOP_WORDS } from './vocabulary';

/** Statements that are followed by a block: a misspelt one is read as what it is near to, so that the block is too. */
const BLOCK_WORDS = ['repeat', 'loop', 'fork', 'thread', 'context', 'on', 'under'];

type Reader = (c: Cursor, source: string) => Statement;

/** A statement without its span and expected outcome, which `simple` adds. */
type Unfinished<T> = T extends unknown ? Omit<T, 'span' | 'outcome'> : never;

/** Reads `body` and the outcome that may follow. The keyword has been taken; `start` is where it begins. */
function simple(c: Cursor, start: number, body: Unfinished<Statement>): Statement {
  const outcome: Outcome | undefined = c.take('expect') ? parseOutcome(c) : undefined;
  return { ...body, ...optional({ outcome }), span: c.spanFrom(start) } as Statement;
}

/** Makes a reader of a statement that begins with a keyword of its own. */
function keyword(read: (c: Cursor, source: string) => Unfinished<Statement>): Reader {
  return (c, source) => {
    const start = c.next().start;
    return simple(c, start, read(c, source));
  };
}

const onRange = (kind: RangeStatementKind): Reader => keyword((c) => ({ kind, range: parseRange(c) }));

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ...RANGE_STATEMENT_KINDS.map((kind): [string, Reader] => [kind, onRange(kind)]),
  ['copy_from_user', keyword((c) => readUserCopy(c, 'copy_from_user'))],
  ['copy_to_user', keyword((c) => readUserCopy(c, 'copy_to_user'))],
  ['mprotect', keyword((c) => ({ kind: 'mprotect', range: parseRange(c), prot: parseProt(c) }))],
  ['mremap', keyword(readMremap)],
  [
    'madvise',
    keyword((c) => ({ kind: 'madvise', range: parseRange(c), advice: parseWordOf(c, ADVICES, 'an advice') })),
  ],
  ['write', keyword((c) => readStore(c, 'write'))],
  ['fill', keyword((c) => readStore(c, 'fill'))],
  ['add', keyword(readAdd)],
  ['let', readLet],
  ['fork', keyword((c, source) => ({ kind: 'fork', ...readTask(c, source, 'a name for the child') }))],
  ['thread', keyword((c, source) => ({ kind: 'thread', ...readTask(c, source, 'a name for the thread') }))],
  ['context', keyword(readContext)],
  ['join', keyword((c) => ({ kind: 'join', task: parseName(c, 'the name of a thread') }))],
  ['wait', keyword((c) => ({ kind: 'wait', task: parseName(c, 'the name of a process') }))],
  ['exit', keyword((c) => ({ kind: 'exit', ...optional({ code: ends(c) ? undefined : parseValue(c) }) }))],
  ['kill', keyword(readKill)],
  ['open', keyword((c) => ({ kind: 'open', device: parseName(c, 'the name of a device') }))],
  ['close', keyword((c) => ({ kind: 'close', device: parseName(c, 'the name of a device') }))],
  ['migrate', keyword(readMigrate)],
  ['pin', keyword((c) => ({ kind: 'pin', ...readPin(c, true) }))],
  ['gup', keyword((c) => ({ kind: 'gup', ...readPin(c, false) }))],
  [
    'unpin',
    keyword((c) => ({
      kind: 'unpin',
      ...optional({ name: ends(c) ? undefined : parseName(c, 'the name of a pin') }),
    })),
  ],
  [
    'swapon',
    keyword((c) => ({
      kind: 'swapon',
      ...optional({ size: ends(c) || c.is('sync') ? undefined : parseValue(c) }),
      sync: c.take('sync') !== undefined,
    })),
  ],
  ['swapoff', keyword(() => ({ kind: 'swapoff', sync: false }))],
  ['drain', keyword(readDrain)],
  ['fail', keyword(readKernelFail)],
  ['repair', keyword(readKernelRepair)],
  ['barrier', keyword(readBarrier)],
  ['repeat', keyword(readRepeat)],
  ['loop', keyword((c, source) => ({ kind: 'loop', body: parseBlock(c, source) }))],
  ['on', keyword(readOn)],
  ['under', keyword(readUnder)],
  ['print', keyword(readPrint)],
  ['expect', keyword((c) => ({ kind: 'expect', condition: parseExpr(c) }))],
]);

/** Statements that end in a block or are themselves about expectations: nothing can be expected of them. */
export const WITHOUT_OUTCOME: ReadonlySet<string> = new Set([
  'thread',
  'repeat',
  'loop',
  'on',
  'under',
  'print',
  'expect',
  'let',
]);

/** Whether nothing of the statement's own is left on the line. */
function ends(c: Cursor): boolean {
  return c.atEnd() || c.is('expect');
}

/** Reads one statement with the end of its line. Fails where it cannot. */
function parseStatement(c: Cursor, source: string): Statement {
  return c.nested(() => {
    const statement = readStatement(c, source);
    if (statement.kind !== 'expect' && WITHOUT_OUTCOME.has(statement.kind) && 'outcome' in statement) {
      throw new SyntaxFault('syntax', `nothing can be expected of \`${statement.kind}\``, statement.span);
    }
    if (!c.atEnd() && !c.is('process')) c.fail('the end of the line');
    return statement;
  });
}

function readStatement(c: Cursor, source: string): Statement {
  const first = c.peek();
  const second = c.peek(1);
  if (first.kind !== 'word') c.fail('a statement');
  if (second.text === '=' && second.kind === 'punct') return readAssignment(c);
  const reader = READERS.get(first.text);
  if (reader !== undefined) return reader(c, source);
  if (second.kind === 'word' && DEVICE_VERBS.includes(second.text)) {
    const start = first.start;
    return simple(c, start, parseDeviceStatement(c));
  }
  return unknownStatement(c, source);
}

function readAssignment(c: Cursor): Statement {
  const name = parseName(c, 'a name');
  c.expect('=');
  if (!c.is('mmap')) {
    const found = c.peek();
    const message = `expected \`mmap\` after \`${name.text} =\`, found ${show(found)}; to name a value, write \`let ${name.text} = …\``;
    throw new SyntaxFault('syntax', message, spanOf(found.kind === 'newline' ? name.span : found));
  }
  return simple(c, name.span.start, parseMmap(c, name));
}

function unknownStatement(c: Cursor, source: string): Statement {
  const first = c.peek();
  const second = c.peek(1);
  if (first.text === 'mmap') {
    throw new SyntaxFault('syntax', 'the mapping needs a name, as in `buf = mmap 64KiB`', spanOf(first));
  }
  if (TOP_WORDS.includes(first.text)) {
    const message = `\`${first.text}\` is for the whole scenario; it stands outside the processes`;
    throw new SyntaxFault('misplaced', message, spanOf(first));
  }
  const meant = nearest(first.text, STATEMENT_WORDS);
  if (meant !== undefined && BLOCK_WORDS.includes(meant) && second.kind !== 'newline') {
    c.problems.error(
      'unknown-statement',
      `there is no statement \`${first.text}\`; did you mean \`${meant}\`?`,
      spanOf(first),
    );
    const reader = READERS.get(meant);
    if (reader !== undefined) return reader(c, source);
  }
  const verb = second.kind === 'word' ? nearest(second.text, DEVICE_VERBS) : undefined;
  if (meant === undefined && verb !== undefined) {
    const message = `a device cannot \`${second.text}\`; did you mean \`${verb}\`?`;
    throw new SyntaxFault('unknown-verb', message, spanOf(second));
  }
  if (meant === undefined && mayBeDriverVerb(c)) return simple(c, first.start, parseDriverVerb(c));
  const message = `there is no statement \`${first.text}\`${didYouMean(first.text, STATEMENT_WORDS)}`;
  throw new SyntaxFault('unknown-statement', message, spanOf(first));
}

/** Reads a block with its braces. Errors inside are reported, and reading goes on with the next line. */
export function parseBlock(c: Cursor, source: string): Block {
  const open = c.openBrace() ?? c.fail('`{`');
  const statements: Statement[] = [];
  c.inBlock(() => {
    for (c.skipBreaks(); !c.is('}'); c.skipBreaks()) {
      if (c.done || c.is('process')) {
        c.unclosed(open);
        return;
      }
      const from = c.mark;
      try {
        statements.push(parseStatement(c, source));
      } catch (fault) {
        c.report(fault);
        c.recover(from);
        if (c.mark === from) c.next();
      }
    }
    c.next();
  });
  return { statements, span: c.spanFrom(open.start) };
}

/** A block, or one statement on the same line. */
function parseBody(c: Cursor, source: string): Block {
  if (c.is('{') || c.peek().kind === 'newline') return parseBlock(c, source);
  const statement = parseStatement(c, source);
  return { statements: [statement], span: statement.span };
}

function readMremap(c: Cursor): Unfinished<Statement> {
  const range = parseRange(c);
  const size = c.take('size') ? parseValue(c) : undefined;
  const to = c.take('to') ? parseValue(c) : undefined;
  return { kind: 'mremap', range, ...optional({ size, to }) };
}

function readUserCopy(c: Cursor, kind: 'copy_from_user' | 'copy_to_user'): Unfinished<Statement> {
  const range = parseRange(c);
  return { kind, range, ...optional({ bytes: c.take('bytes') ? parseValue(c) : undefined }) };
}

function readStore(c: Cursor, kind: 'write' | 'fill'): Unfinished<Statement> {
  const range = parseRange(c);
  c.expect('=', `\`=\` and a value, as in \`${kind} buf[0] = 0x11\``);
  const value = parseValue(c);
  return { kind, range, value, rising: c.take('rising') !== undefined };
}

function readAdd(c: Cursor): Unfinished<Statement> {
  const value = parseValue(c);
  c.expect('to', '`to`, as in `add 1 to buf[0]`');
  return { kind: 'add', value, range: parseRange(c) };
}

function readLet(c: Cursor): Statement {
  const start = c.next().start;
  const name = parseName(c, 'a name');
  c.expect('=');
  if (c.take('read')) return simple(c, start, { kind: 'let-read', name, range: parseRange(c) });
  const value = parseExpr(c);
  return { kind: 'let', name, value, span: c.spanFrom(start) };
}

function readTask(c: Cursor, source: string, what: string): { name: Name; cpu?: Expr; body?: Block } {
  const name = parseName(c, what);
  const cpu = c.take('cpu') ? parseValue(c) : undefined;
  const body = ends(c) && !c.braceFollows() ? undefined : parseBlock(c, source);
  return { name, ...optional({ cpu, body }) };
}

function readContext(c: Cursor, source: string): Unfinished<Statement> {
  const name = parseName(c, 'a name for the context');
  c.expect('on', '`on` and a device, as in `context C on gpu0 { read buf }`');
  const device = parseName(c, 'the name of a device');
  return { kind: 'thread', name, device, body: parseBlock(c, source) };
}

function readKill(c: Cursor): Unfinished<Statement> {
  const task = parseName(c, 'the name of a process or thread');
  if (ends(c)) return { kind: 'kill', task };
  const token = c.isWord() ? c.next() : c.fail('a signal');
  return { kind: 'kill', task, signal: { text: token.text, span: spanOf(token) } };
}

function readMigrate(c: Cursor): Unfinished<Statement> {
  const range = parseRange(c);
  const direction = c.take('to') ? 'to' : c.take('from') ? 'from' : undefined;
  if (direction === undefined)
    return c.fail('`to` or `from` and a device, as in `migrate buf[0..4] to gpu0`');
  return { kind: 'migrate', direction, range, device: parseName(c, 'the name of a device') };
}

function readPin(c: Cursor, keeps: boolean) {
  const range = parseRange(c);
  const access = parseWordOf(c, ['r', 'w'], 'r or w');
  const words = keeps ? (['longterm', 'fast'] as const) : (['fast'] as const);
  const seen = new Set<string>();
  for (let word = words.find((w) => c.is(w)); word !== undefined; word = words.find((w) => c.is(w))) {
    c.next();
    seen.add(word);
  }
  const as = keeps && c.take('as') ? parseName(c, 'a name for the pin') : undefined;
  return {
    range,
    write: access.text === 'w',
    longterm: seen.has('longterm'),
    fast: seen.has('fast'),
    ...optional({ as }),
  };
}

function readDrain(c: Cursor): Unfinished<Statement> {
  c.expect('lru', '`lru`, as in `drain lru`');
  return { kind: 'drain' };
}

const KERNEL = '`kernel`, or the name of a device before the verb';

function readKernelFail(c: Cursor): Unfinished<Statement> {
  c.expect('kernel', KERNEL);
  c.expect('alloc', '`alloc`, as in `fail kernel alloc page_table`');
  const what =
    ends(c) || c.is('times') ? undefined : parseWordOf(c, KERNEL_ALLOCATIONS, 'what the kernel allocates');
  const times = c.take('times') ? parseValue(c) : undefined;
  return { kind: 'kernel-fail', ...optional({ what, times }) };
}

function readKernelRepair(c: Cursor): Unfinished<Statement> {
  c.expect('kernel', KERNEL);
  return { kind: 'kernel-repair' };
}

function readBarrier(c: Cursor): Unfinished<Statement> {
  const name = parseName(c, 'a name for the barrier');
  const of = c.take('of') ? parseValue(c) : undefined;
  return { kind: 'barrier', name, ...optional({ of }) };
}

function readRepeat(c: Cursor, source: string): Unfinished<Statement> {
  const count = parseValue(c);
  const as = c.take('as') ? parseName(c, 'a name for the count') : undefined;
  return { kind: 'repeat', count, ...optional({ as }), body: parseBlock(c, source) };
}

function readOn(c: Cursor, source: string): Unfinished<Statement> {
  return { kind: 'on', task: parseName(c, 'the name of a child or thread'), body: parseBody(c, source) };
}

function readUnder(c: Cursor, source: string): Unfinished<Statement> {
  const profiles: Word[] = [];
  do profiles.push(parseJoinedWord(c, 'a kernel version'));
  while (c.take(',', GLUE_BEFORE));
  return { kind: 'under', profiles, body: parseBody(c, source) };
}

function readPrint(c: Cursor, source: string): Unfinished<Statement> {
  const token = c.peek();
  if (token.kind !== 'string') return { kind: 'print', parts: [{ expr: parseExpr(c) }] };
  c.next();
  return { kind: 'print', parts: parseStringTemplate(source, token, c.problems) };
}
