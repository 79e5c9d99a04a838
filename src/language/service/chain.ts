/** The thing before a dot, found in the tokens of a line that need not be whole. */

import type { Token } from '../lexer';

const CLOSES: ReadonlyMap<string, string> = new Map([
  [']', '['],
  [')', '('],
]);

/** Offset of the first token of the thing that some tokens end in, such as `buf[3].page`. */
export function chainStart(tokens: readonly Token[]): number | undefined {
  let at = tokens.length - 1;
  for (; at >= 0; at--) {
    const open = CLOSES.get(tokens[at]?.text ?? '');
    if (open !== undefined) {
      at = opening(tokens, at, open);
      const isCall = open === '(' && tokens[at - 1]?.kind === 'word';
      if (open === '(' && !isCall) return tokens[at]?.start;
      continue;
    }
    if (tokens[at]?.kind !== 'word') return undefined;
    if (tokens[at - 1]?.text !== '.') return tokens[at]?.start;
    at--;
  }
  return undefined;
}

/** Index of the bracket that the one at `at` closes; -1 where it is missing. */
function opening(tokens: readonly Token[], at: number, open: string): number {
  const close = tokens[at]?.text;
  let depth = 0;
  for (let i = at; i >= 0; i--) {
    if (tokens[i]?.text === close) depth++;
    if (tokens[i]?.text === open && --depth === 0) return i;
  }
  return -1;
}
