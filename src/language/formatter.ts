import { DROPPED, GLUE_AFTER, GLUE_BEFORE, type Token } from './lexer';
import { parseScenario } from './parser';

const INDENT = '    ';
/** Comments at the ends of neighbouring lines stand under each other, up to this column. */
const COMMENT_COLUMN = 72;

interface Line {
  readonly indent: number;
  readonly code: string;
  readonly comment: string;
}

/**
 * The same scenario in the one layout: four spaces a level, one space between words, at most one empty line, comments
 * kept and aligned where neighbours have them. Line breaks stay where the author put them, except before an opening
 * brace. A text with syntax errors is returned as it is.
 */
export function formatScenario(text: string): string {
  const parsed = parseScenario(text);
  if (parsed.problems.length > 0) return text;
  const lines = tidy(layOut(parsed.tokens));
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  return lines.length === 0 ? '' : lines.map((line) => line + end).join('');
}

/** Cuts the tokens into lines; undefined is an empty line. */
function layOut(tokens: readonly Token[]): (Line | undefined)[] {
  const lines: (Line | undefined)[] = [];
  let depth = 0;
  let line: Token[] = [];
  for (const token of tokens) {
    if (token.kind !== 'newline' && token.kind !== 'end') {
      line.push(token);
      continue;
    }
    const last = line.at(-1);
    if ((token.layout & DROPPED) !== 0 && last !== undefined && last.kind !== 'comment') continue;
    if (last === undefined) {
      lines.push(undefined);
      continue;
    }
    lines.push(makeLine(line, Math.max(0, depth - leadingClosers(line))));
    depth = Math.max(0, depth + openings(line));
    line = [];
  }
  return lines;
}

function isSign(token: Token, signs: string): boolean {
  return token.kind === 'punct' && token.text.length === 1 && signs.includes(token.text);
}

function leadingClosers(line: readonly Token[]): number {
  const first = line.findIndex((token) => !isSign(token, '})]'));
  return first < 0 ? line.length : first;
}

function openings(line: readonly Token[]): number {
  let change = 0;
  for (const token of line) {
    if (isSign(token, '{([')) change++;
    if (isSign(token, '})]')) change--;
  }
  return change;
}

function makeLine(tokens: readonly Token[], indent: number): Line {
  const last = tokens.at(-1);
  const comment = last?.kind === 'comment' ? last.text.trimEnd() : '';
  let code = '';
  let before: Token | undefined;
  for (const token of tokens) {
    if (token.kind === 'comment') break;
    const glued =
      before === undefined || (before.layout & GLUE_AFTER) !== 0 || (token.layout & GLUE_BEFORE) !== 0;
    code += glued || isSign(token, ';') ? token.text : ` ${token.text}`;
    before = token;
  }
  return { indent, code, comment };
}

/** Empty lines: one at a time, none at the ends of the text and of blocks. Comments: aligned. */
function tidy(lines: readonly (Line | undefined)[]): string[] {
  const kept: (Line | undefined)[] = [];
  let before: Line | undefined;
  let empty = false;
  for (const line of lines) {
    if (line === undefined) {
      empty = true;
      continue;
    }
    if (empty && before !== undefined && !before.code.endsWith('{') && !/^[})\]]/.test(line.code))
      kept.push(undefined);
    kept.push(line);
    before = line;
    empty = false;
  }
  const columns = commentColumns(kept);
  return kept.map((line, i) => (line === undefined ? '' : render(line, columns[i] ?? 0)));
}

function render(line: Line, column: number): string {
  const code = INDENT.repeat(line.indent) + line.code;
  if (line.comment === '') return code;
  if (line.code === '') return code + line.comment;
  return `${code.padEnd(column)}  ${line.comment}`;
}

/** For each line the column after which its comment stands: that of the longest of its neighbours with comments. */
function commentColumns(lines: readonly (Line | undefined)[]): number[] {
  const columns = lines.map(() => 0);
  let start = 0;
  for (let i = 0; i <= lines.length; i++) {
    const line = lines[i];
    if (line !== undefined && line.code !== '' && line.comment !== '') continue;
    const widths = lines.slice(start, i).map((l) => (l?.indent ?? 0) * INDENT.length + (l?.code.length ?? 0));
    const column = widths.reduce(
      (most, width) => (width <= COMMENT_COLUMN ? Math.max(most, width) : most),
      0,
    );
    columns.fill(column, start, i);
    start = i + 1;
  }
  return columns;
}
