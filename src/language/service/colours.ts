/** What the names of a text are, for colours that a grammar of patterns can't give. */

import { parseScenario } from '../parser';
import type { Span } from '../source';
import type { SymbolKind } from '../symbols';
import { namesIn } from './occurrences';

/** Kinds of name, as the Language Server Protocol calls them. */
export const COLOURS = [
  'class',
  'variable',
  'namespace',
  'function',
  'parameter',
  'property',
  'event',
] as const;
type Colour = (typeof COLOURS)[number];

const OF_SYMBOL: Readonly<Record<SymbolKind, Colour>> = {
  device: 'class',
  file: 'variable',
  value: 'parameter',
  process: 'namespace',
  child: 'namespace',
  thread: 'namespace',
  buffer: 'variable',
  pin: 'event',
  barrier: 'event',
};

export interface Coloured {
  readonly span: Span;
  readonly colour: Colour;
  readonly declares: boolean;
}

/** Every name that is known, in the order of the text. */
export function coloursOf(text: string): Coloured[] {
  const { occurrences, mentions } = namesIn(parseScenario(text).scenario);
  const names = occurrences.flatMap(({ span, kind, declares }) =>
    kind === undefined ? [] : [{ span, colour: OF_SYMBOL[kind], declares }],
  );
  const others = mentions.map(
    ({ span, kind }): Coloured => ({
      span,
      colour: kind === 'member' ? 'property' : 'function',
      declares: false,
    }),
  );
  return [...names, ...others].sort((a, b) => a.span.start - b.span.start);
}
