import type { Block, Name, Scenario, Statement } from './ast';
import { parseScenario } from './parser';
import type { Span } from './source';

export type SymbolKind =
  | 'device'
  | 'file'
  | 'value'
  | 'process'
  | 'child'
  | 'thread'
  | 'buffer'
  | 'pin'
  | 'barrier';

/** A name that a scenario declares, with what is declared inside it. */
export interface ScenarioSymbol {
  readonly name: string;
  readonly kind: SymbolKind;
  /** The declaration's own line, shortened: `buf = mmap 64KiB`. */
  readonly detail: string;
  /** The whole declaration. */
  readonly span: Span;
  readonly nameSpan: Span;
  readonly children: readonly ScenarioSymbol[];
}

/** The names a text declares, as a tree: for an outline. Reads what it can of a text with errors. */
export function symbolsOf(text: string): ScenarioSymbol[] {
  return symbolsIn(parseScenario(text).scenario, text);
}

/** The same for a tree that has been read already; `text` is its source. */
export function symbolsIn(scenario: Scenario, text: string): ScenarioSymbol[] {
  const symbol = (kind: SymbolKind, name: Name, span: Span, body?: Block): ScenarioSymbol => ({
    name: name.text,
    kind,
    detail: firstLine(text, span),
    span,
    nameSpan: name.span,
    children: body === undefined ? [] : statementSymbols(body.statements, symbol),
  });
  return scenario.items.flatMap((item) => {
    if (item.kind === 'let') return [symbol('value', item.name, item.span)];
    if (item.kind === 'device' || item.kind === 'file') return [symbol(item.kind, item.name, item.span)];
    return item.kind === 'process' ? [symbol('process', item.name, item.span, item.body)] : [];
  });
}

type Make = (kind: SymbolKind, name: Name, span: Span, body?: Block) => ScenarioSymbol;

function statementSymbols(statements: readonly Statement[], make: Make): ScenarioSymbol[] {
  const seen = new Set<string>();
  return statements
    .flatMap((statement) => symbolsOfStatement(statement, make))
    .filter((symbol) => {
      const key = `${symbol.kind} ${symbol.name}`;
      if (seen.has(key) && symbol.children.length === 0) return false;
      seen.add(key);
      return true;
    });
}

function symbolsOfStatement(statement: Statement, make: Make): ScenarioSymbol[] {
  switch (statement.kind) {
    case 'mmap':
      return [make('buffer', statement.name, statement.span)];
    case 'let':
    case 'let-read':
      return [make('value', statement.name, statement.span)];
    case 'fork':
      return [make('child', statement.name, statement.span, statement.body)];
    case 'thread':
      return [make('thread', statement.name, statement.span, statement.body)];
    case 'barrier':
      return [make('barrier', statement.name, statement.span)];
    case 'pin':
      return statement.as === undefined ? [] : [make('pin', statement.as, statement.span)];
    case 'repeat': {
      const inner = statement.body.statements.flatMap((s) => symbolsOfStatement(s, make));
      return statement.as === undefined ? inner : [make('value', statement.as, statement.as.span), ...inner];
    }
    case 'loop':
    case 'under':
    case 'on':
      return statement.body.statements.flatMap((s) => symbolsOfStatement(s, make));
    default:
      return [];
  }
}

function firstLine(text: string, span: Span): string {
  const line = text.slice(span.start, Math.min(span.end, span.start + 120)).split(/[\r\n]/, 1)[0] ?? '';
  return line.replace(/\s*\{\s*$/, '').trim();
}

/** All symbols that can be named at an offset: those of the whole scenario, and of the process it is in. */
export function visibleAt(symbols: readonly ScenarioSymbol[], offset: number): ScenarioSymbol[] {
  const found: ScenarioSymbol[] = [];
  const visit = (symbol: ScenarioSymbol, inside: boolean): void => {
    const task = symbol.kind === 'process' || symbol.kind === 'child' || symbol.kind === 'thread';
    if (inside || task) found.push(symbol);
    const within = symbol.span.start <= offset && offset <= symbol.span.end;
    for (const child of symbol.children) visit(child, within);
  };
  for (const symbol of symbols) visit(symbol, true);
  return found;
}

/** Where the name at an offset is declared, if it is one. */
export function definitionAt(text: string, offset: number): ScenarioSymbol | undefined {
  const { scenario, tokens } = parseScenario(text);
  const token = tokens.find((t) => t.kind === 'word' && t.start <= offset && offset <= t.end);
  if (token === undefined) return undefined;
  const all = visibleAt(symbolsIn(scenario, text), offset).filter((symbol) => symbol.name === token.text);
  return all.reverse().find((symbol) => symbol.nameSpan.start <= token.start) ?? all[0];
}
