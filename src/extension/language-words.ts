import { type Entry, VOCABULARY, type WordPlace } from '../scenario/vocabulary';

/** A name that the scenario declares, and as what. */
export interface DeclaredName {
  name: string;
  kind: 'device' | 'process' | 'thread' | 'file' | 'buffer' | 'value';
}

const declarations: readonly (readonly [DeclaredName['kind'], RegExp])[] = [
  ['device', /^[ \t]*device[ \t]+(\w+)/gm],
  ['process', /^[ \t]*(?:process|fork)[ \t]+(\w+)/gm],
  ['thread', /^[ \t]*thread[ \t]+(\w+)/gm],
  ['file', /^[ \t]*file[ \t]+(\w+)/gm],
  ['buffer', /(\w+)[ \t]*=[ \t]*mmap\b/g],
  ['value', /^[ \t]*let[ \t]+(\w+)/gm],
];

/** Every name that a scenario declares, each once; also in a text with errors. */
export function declaredNames(text: string): DeclaredName[] {
  const names = new Map<string, DeclaredName>();
  for (const [kind, pattern] of declarations) {
    for (const [, name = ''] of text.matchAll(pattern)) names.set(name, { name, kind });
  }
  return [...names.values()];
}

/** The blocks that are open at the end of a text, outermost first, by the word that begins their line. */
function openBlocks(before: string): string[] {
  const open: string[] = [];
  for (const line of before.split('\n')) {
    const code = line.replace(/"[^"]*"?/g, '').replace(/#.*/, '');
    const [word = ''] = code.trim().split(/\s/, 1);
    for (const brace of code.match(/[{}]/g) ?? []) {
      if (brace === '{') open.push(word);
      else open.pop();
    }
  }
  return open;
}

/** Where in the language the word stands that ends the given text. */
export function placesAt(before: string): WordPlace[] {
  const line = before.slice(before.lastIndexOf('\n') + 1);
  const [first = '', ...rest] = line.trimStart().split(/\s+/);
  const blocks = openBlocks(before.slice(0, before.length - line.length));
  if (blocks[0] === 'machine') return ['machine'];
  if (rest.length === 0) return blocks.length === 0 ? ['top'] : ['statement'];
  const isDevice = declaredNames(before).some(({ name, kind }) => kind === 'device' && name === first);
  if (isDevice && rest.length === 1) return ['device'];
  return ['attribute', 'expression', 'outcome'];
}

/** What the language says about a word that ends the given text; best explanation first. */
export function explain(before: string): Entry[] {
  const word = /\w+$/.exec(before)?.[0];
  const places = placesAt(before);
  const entries = VOCABULARY.filter((entry) => entry.word === word);
  const here = entries.filter(({ place }) => places.includes(place));
  return here.length > 0 ? here : entries;
}
