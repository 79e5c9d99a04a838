import type {
  DeviceDecl,
  DeviceOption,
  Expr,
  FileDecl,
  LetDecl,
  MachineDecl,
  NodeDecl,
  ProcessDecl,
  ProfileDecl,
  ScheduleDecl,
  ScheduleEntry,
  SwitchDecl,
  TopLevel,
} from './ast';
import { type Cursor, SyntaxFault } from './cursor';
import { GLUE_AFTER, GLUE_BEFORE, type Token } from './lexer';
import { optional, parseExpr, parseNumber, parseValue } from './parse-expression';
import { parseJoinedWord, parseName, parseWordOf } from './parse-parts';
import { parseBlock } from './parse-statement';
import { spanOf } from './source';
import { didYouMean, nearest } from './suggest';
import { DEVICE_TYPES, STATEMENT_WORDS, TOP_WORDS, wordsAt, ZONES } from './vocabulary';

const READERS: ReadonlyMap<string, (c: Cursor, start: number, source: string) => TopLevel> = new Map<
  string,
  (c: Cursor, start: number, source: string) => TopLevel
>([
  ['profile', readProfile],
  ['machine', readMachine],
  ['device', readDevice],
  ['let', readLet],
  ['file', readFile],
  ['schedule', readSchedule],
  ['switch', readSwitch],
  ['process', readProcess],
]);

/** Reads all declarations of a scenario. Errors are reported, and reading goes on with the next line. */
export function parseTopLevel(c: Cursor, source: string): TopLevel[] {
  const items: TopLevel[] = [];
  for (c.skipBreaks(); !c.done; c.skipBreaks()) {
    const from = c.mark;
    try {
      items.push(readItem(c, source));
      if (!c.atEnd() && !c.is('process')) c.fail('the end of the line');
    } catch (fault) {
      c.report(fault);
      c.recover(from);
      if (c.mark === from) c.next();
    }
    if (c.is('}')) {
      c.problems.error('syntax', 'this `}` closes nothing', spanOf(c.next()));
    }
  }
  return items;
}

function readItem(c: Cursor, source: string): TopLevel {
  const token = c.peek();
  if (token.kind !== 'word') c.fail('a declaration');
  const reader = READERS.get(token.text);
  if (reader !== undefined) return reader(c, c.next().start, source);
  return unknownItem(c, token, source);
}

function unknownItem(c: Cursor, token: Token, source: string): TopLevel {
  const second = c.peek(1);
  const isStatement =
    STATEMENT_WORDS.includes(token.text) || (second.kind === 'punct' && second.text === '=');
  if (isStatement) {
    const message = 'a statement stands inside a process: `process app { … }`';
    throw new SyntaxFault('misplaced', message, spanOf(token));
  }
  const message = `\`${token.text}\` does not begin a declaration${didYouMean(token.text, TOP_WORDS)}`;
  const reader = READERS.get(nearest(token.text, TOP_WORDS) ?? '');
  if (reader === undefined) throw new SyntaxFault('unknown-declaration', message, spanOf(token));
  c.problems.error('unknown-declaration', message, spanOf(token));
  return reader(c, c.next().start, source);
}

function readProfile(c: Cursor, start: number): ProfileDecl {
  return {
    kind: 'profile',
    version: parseJoinedWord(c, 'a kernel version, as in `profile 6.12`'),
    span: c.spanFrom(start),
  };
}

function readMachine(c: Cursor, start: number): MachineDecl {
  if (c.openBrace() === undefined) c.fail('`{`');
  const nodes: NodeDecl[] = [];
  const found: { cpus?: Expr; swap?: Expr; hugepages?: Expr } = {};
  let swapSync = false;
  c.inBlock(() => {
    for (c.skipBreaks(); !c.take('}'); c.skipBreaks()) {
      const word = parseWordOf(c, wordsAt('machine'), 'a part of the machine');
      if (word.text === 'node') {
        nodes.push(readNode(c, word.span.start));
        continue;
      }
      const key = word.text === 'cpus' ? 'cpus' : word.text === 'swap' ? 'swap' : 'hugepages';
      if (found[key] !== undefined) c.problems.error('duplicate', `\`${key}\` is given twice`, word.span);
      found[key] = parseValue(c);
      if (key === 'swap' && c.take('sync')) swapSync = true;
    }
  });
  return { kind: 'machine', nodes, ...optional(found), swapSync, span: c.spanFrom(start) };
}

function readNode(c: Cursor, start: number): NodeDecl {
  const id = parseValue(c);
  if (c.openBrace() === undefined) c.fail('`{` and the zones, as in `node 0 { normal 2GiB }`');
  const zones: NodeDecl['zones'][number][] = [];
  c.inBlock(() => {
    for (c.skipBreaks(); !c.take('}'); c.skipBreaks()) {
      const zone = parseWordOf(c, ZONES, 'a zone');
      const size = parseValue(c);
      zones.push({ zone, size, span: c.spanFrom(zone.span.start) });
    }
  });
  return { id, zones, span: c.spanFrom(start) };
}

function readDevice(c: Cursor, start: number): DeviceDecl {
  const name = parseName(c, 'a name for the device');
  const type = parseWordOf(c, DEVICE_TYPES, 'the type of the device');
  if (c.atEnd() || c.is('driver') || c.is('node')) {
    const message = `device \`${name.text}\` has no memory; say how much, as in \`device ${name.text} ${type.text} 64MiB\``;
    throw new SyntaxFault('no-memory', message, name.span);
  }
  const size = parseValue(c);
  const driver = c.take('driver') ? parseName(c, 'the name of a driver') : undefined;
  const node = c.take('node') ? parseValue(c) : undefined;
  const options: DeviceOption[] = [];
  while (!c.atEnd()) options.push(readOption(c));
  return {
    kind: 'device',
    name,
    type,
    size,
    ...optional({ driver, node }),
    options,
    span: c.spanFrom(start),
  };
}

function readOption(c: Cursor): DeviceOption {
  const name = parseName(c, 'driver, node or an option');
  c.expect('=', '`=` and the value of the option', GLUE_BEFORE | GLUE_AFTER);
  const value = parseValue(c);
  return { name, value, span: c.spanFrom(name.span.start) };
}

function readLet(c: Cursor, start: number): LetDecl {
  const name = parseName(c, 'a name');
  c.expect('=');
  const value = parseExpr(c);
  return { kind: 'let', name, value, span: c.spanFrom(start) };
}

function readFile(c: Cursor, start: number): FileDecl {
  const name = parseName(c, 'a name for the file');
  if (c.atEnd()) c.fail('the size of the file');
  const size = parseValue(c);
  const fill = c.take('fill') ? parseValue(c) : undefined;
  return { kind: 'file', name, size, ...optional({ fill }), span: c.spanFrom(start) };
}

/** Entries may stand on several lines between braces. */
function readSchedule(c: Cursor, start: number): ScheduleDecl {
  if (c.take('seed')) {
    const seed = parseValue(c);
    return { kind: 'schedule', seed, entries: [], loop: [], span: c.spanFrom(start) };
  }
  const braced = readBraced(c);
  const entries: ScheduleEntry[] = [...(braced?.entries ?? [])];
  let loop: readonly ScheduleEntry[] = braced?.loop ?? [];
  while (!c.atEnd()) {
    if (loop.length > 0) c.fail('the end of the line: nothing comes after what is repeated');
    if (c.take('loop')) loop = readLoop(c);
    else if (braced !== undefined) c.fail('`loop`, or the end of the line');
    else entries.push(readEntry(c));
  }
  if (entries.length + loop.length === 0) c.fail('`seed N` or the name of a task');
  return { kind: 'schedule', entries, loop, span: c.spanFrom(start) };
}

/** Entries between braces, the last of which may be what is repeated; undefined where there is no brace. */
function readBraced(
  c: Cursor,
): { readonly entries: ScheduleEntry[]; readonly loop: readonly ScheduleEntry[] } | undefined {
  if (c.openBrace() === undefined) return undefined;
  const entries: ScheduleEntry[] = [];
  let loop: readonly ScheduleEntry[] = [];
  c.inBlock(() => {
    for (c.skipBreaks(); !c.take('}'); c.skipBreaks()) {
      if (loop.length > 0) c.fail('`}`: nothing comes after what is repeated');
      if (c.take('loop')) loop = readLoop(c);
      else entries.push(readEntry(c));
    }
  });
  return { entries, loop };
}

/** The braces behind `loop`, which can't be empty: nobody would ever run. */
function readLoop(c: Cursor): readonly ScheduleEntry[] {
  const found = readBraced(c) ?? c.fail('`{` and the entries that are repeated');
  if (found.entries.length === 0 || found.loop.length > 0) c.fail('the names of the tasks that are repeated');
  return found.entries;
}

function readEntry(c: Cursor): ScheduleEntry {
  const task = parseName(c, '`seed N` or the name of a task');
  const many = c.take('*', GLUE_BEFORE | GLUE_AFTER);
  if (many !== undefined && c.peek().kind !== 'number') c.fail('how many times, as in `A*3`');
  const times = many === undefined ? undefined : parseNumber(c);
  return { task, ...optional({ times }), span: c.spanFrom(task.span.start) };
}

function readSwitch(c: Cursor, start: number): SwitchDecl {
  const word = parseJoinedWord(c, 'the name of a switch');
  const state = parseWordOf(c, ['on', 'off'], 'on or off');
  const name = { text: word.text, span: word.span };
  return { kind: 'switch', name, on: state.text === 'on', span: c.spanFrom(start) };
}

function readProcess(c: Cursor, start: number, source: string): ProcessDecl {
  const name = parseName(c, 'a name for the process');
  const cpu = c.take('cpu') ? parseValue(c) : undefined;
  return {
    kind: 'process',
    name,
    ...optional({ cpu }),
    body: parseBlock(c, source),
    span: c.spanFrom(start),
  };
}
