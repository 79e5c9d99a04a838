/** What can be folded: blocks, and comments of several lines. */

import { parseScenario } from '../parser';
import { LineMap } from '../source';

/** Lines from 1, both included. */
export interface Fold {
  readonly first: number;
  readonly last: number;
  readonly kind: 'block' | 'comment';
}

/** The folds of a text. The last line of a block, with its brace, stays to be seen. */
export function foldsOf(text: string): Fold[] {
  const lines = new LineMap(text);
  const folds: Fold[] = [];
  const open: number[] = [];
  let comment: { first: number; last: number } | undefined;
  const add = (kind: Fold['kind'], first: number, last: number): void => {
    if (last > first) folds.push({ kind, first, last });
  };
  const endComment = (): void => {
    if (comment !== undefined) add('comment', comment.first, comment.last);
    comment = undefined;
  };
  let lineStarts = true;
  for (const token of parseScenario(text).tokens) {
    const { line } = lines.position(token.start);
    if (token.kind === 'comment' && lineStarts) {
      if (comment?.last === line - 1) comment.last = line;
      else {
        endComment();
        comment = { first: line, last: line };
      }
    } else if (token.kind !== 'newline') endComment();
    if (token.kind === 'punct' && token.text === '{') open.push(line);
    if (token.kind === 'punct' && token.text === '}') add('block', open.pop() ?? line, line - 1);
    lineStarts = token.kind === 'newline';
  }
  endComment();
  return folds.sort((a, b) => a.first - b.first || b.last - a.last);
}
