/**
 * The forms by which statements are documented (`migrate RANGE to DEVICE`), read as small grammars: they say what may
 * come next behind some words of a statement. Capitals are parts to fill in, brackets are optional and in any order.
 */

import type { Token } from '../lexer';

type Part =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'part'; readonly name: string }
  | { readonly kind: 'choice'; readonly options: readonly (readonly Part[])[]; readonly optional: boolean };

/** One state of the machine that a form becomes. */
interface State {
  readonly words: { readonly text: string; readonly to: State }[];
  readonly parts: { readonly name: string; readonly to: State }[];
  readonly free: State[];
  /** The part that is being written here, of any number of tokens. */
  readonly inside?: string;
}

/** What may come next. */
export interface Expected {
  readonly words: ReadonlySet<string>;
  readonly parts: ReadonlySet<string>;
  /** The part that the last token belongs to. */
  readonly inside: ReadonlySet<string>;
}

const SIGNS = /"[^"]*"|[A-Za-z_][A-Za-z0-9_]*|[^\s…]/g;
const IS_PART = /^[A-Z][A-Z0-9]*$/;

const word = (text: string): Part => ({ kind: 'word', text });
const part = (name: string): Part => ({ kind: 'part', name });

/** A range may be followed by its size, or go past its end on purpose. */
const RANGE: readonly Part[] = [
  part('RANGE'),
  {
    kind: 'choice',
    optional: true,
    options: [
      [word('for'), part('SIZE')],
      [word('past'), word('end')],
    ],
  },
];

/** Reads the options between brackets, or a whole form; what has been read is taken off the front of `signs`. */
function readOptions(signs: string[]): Part[][] {
  const options: Part[][] = [];
  let parts: Part[] = [];
  for (let sign = signs.shift(); sign !== undefined && sign !== ']'; sign = signs.shift()) {
    if (sign === '|') {
      options.push(parts);
      parts = [];
    } else if (sign === '[') parts.push({ kind: 'choice', optional: true, options: readOptions(signs) });
    else if (sign === '(') parts.push({ kind: 'choice', optional: false, options: readOptions(signs) });
    else if (sign.startsWith('"')) parts.push(part('TEXT'));
    else if (sign === 'RANGE') parts.push(...RANGE);
    else parts.push(IS_PART.test(sign) ? part(sign) : word(sign));
  }
  return [...options, parts];
}

/** Words with `|` directly between them and not in brackets, as in `r|w`, are a choice that must be made. */
function readForm(form: string): readonly Part[] {
  let depth = 0;
  const marked = form.replace(/[[\]]|[a-z]+(?:\|[a-z]+)+/g, (found) => {
    if (found === '[') depth++;
    if (found === ']') depth--;
    return found.length === 1 || depth > 0 ? found : `(${found}]`;
  });
  return readOptions(marked.match(SIGNS) ?? [])[0] ?? [];
}

function state(inside?: string): State {
  return { words: [], parts: [], free: [], ...(inside === undefined ? {} : { inside }) };
}

/** The states of some parts that stand before `end`; of several optional ones each may come next. */
function build(parts: readonly Part[], end: State): State {
  const [first, ...rest] = parts;
  if (first === undefined) return end;
  const start = state();
  if (first.kind === 'choice') {
    const many = first.optional ? parts.findIndex((p) => p.kind !== 'choice' || !p.optional) : 1;
    const run = many < 0 ? parts : parts.slice(0, many);
    const next = build(many < 0 ? [] : parts.slice(many), end);
    if (first.optional) start.free.push(next);
    for (const choice of run)
      if (choice.kind === 'choice')
        for (const option of choice.options) start.free.push(build(option, first.optional ? start : next));
    return start;
  }
  const next = build(rest, end);
  if (first.kind === 'word') start.words.push({ text: first.text, to: next });
  else {
    const inside = state(first.name);
    inside.parts.push({ name: first.name, to: inside });
    inside.free.push(next);
    start.parts.push({ name: first.name, to: inside });
  }
  return start;
}

function closure(states: Iterable<State>): Set<State> {
  const all = new Set(states);
  for (const each of all) for (const free of each.free) all.add(free);
  return all;
}

/** A word of the form goes before a part that could hold it too. */
function after(states: Set<State>, text: string): Set<State> {
  const words = [...states].flatMap((s) => s.words.filter((w) => w.text === text).map(({ to }) => to));
  if (words.length > 0) return closure(words);
  return closure([...states].flatMap((s) => s.parts.map(({ to }) => to)));
}

/** Signs behind which an expression must go on. */
const OPEN = /^(?:[-+*/%&|^<>!~([,.]|\.\.|[<>=!]=|<<|>>|&&|\|\||and|or|not|in)$/;

/** What may follow some words and signs of a statement of one of these forms. */
export function expectedAfter(forms: readonly string[], before: readonly Pick<Token, 'text'>[]): Expected {
  const starts = forms.flatMap((form) => form.split(' | ')).map((form) => build(readForm(form), state()));
  let states = closure(starts);
  for (const { text } of before) states = after(states, text);
  const inside = new Set([...states].flatMap((s) => (s.inside === undefined ? [] : [s.inside])));
  if (inside.size > 0 && OPEN.test(before.at(-1)?.text ?? ''))
    return { words: new Set(), parts: inside, inside };
  const fresh = [...states].filter((s) => s.inside === undefined);
  const used = new Set(before.map(({ text }) => text));
  const words = fresh.flatMap((s) => s.words.map(({ text }) => text)).filter((text) => !used.has(text));
  return {
    words: new Set(words),
    parts: new Set(fresh.flatMap((s) => s.parts.map(({ name }) => name))),
    inside,
  };
}
