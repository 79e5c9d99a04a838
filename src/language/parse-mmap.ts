import type { Expr, MmapSource, MmapStatement, Name, Prot } from './ast';
import type { Cursor } from './cursor';
import { optional, parseValue } from './parse-expression';
import { isProt, parseName, parseProt } from './parse-parts';
import { didYouMean } from './suggest';

const WORDS = [
  'anon',
  'shmem',
  'file',
  'device',
  'private',
  'shared',
  'huge',
  'hugetlb',
  'at',
  'r',
  'rw',
  'none',
];

interface Attributes {
  source?: MmapSource;
  sharing?: 'private' | 'shared';
  prot?: Prot;
  pages?: 'huge' | 'hugetlb';
  at?: Expr;
}

/** Reads `mmap SIZE ATTRIBUTE…` after `NAME =`; the attributes may stand in any order, each kind once. */
export function parseMmap(c: Cursor, name: Name): Omit<MmapStatement, 'span' | 'outcome'> {
  c.expect('mmap');
  if (c.atEnd()) c.fail('a size, as in `mmap 64KiB`');
  const size = parseValue(c);
  const found: Attributes = {};
  while (!c.atEnd() && !c.is('expect')) readAttribute(c, found);
  const source = found.source ?? { kind: 'anon' };
  const shares = source.kind === 'shmem' || source.kind === 'device';
  return {
    kind: 'mmap',
    name,
    size,
    source,
    sharing: found.sharing ?? (shares ? 'shared' : 'private'),
    pages: found.pages ?? 'small',
    ...optional({ prot: found.prot, at: found.at }),
  };
}

function readAttribute(c: Cursor, found: Attributes): void {
  const word = c.peek().text;
  const once = (key: keyof Attributes, what: string): void => {
    if (found[key] !== undefined) c.fail(`only one ${what}`);
  };
  if (word === 'anon' || word === 'shmem' || word === 'file' || word === 'device') {
    once('source', 'of anon, shmem, file and device');
    found.source = readSource(c, word);
  } else if (word === 'private' || word === 'shared') {
    once('sharing', 'of private and shared');
    c.next();
    found.sharing = word;
  } else if (word === 'huge' || word === 'hugetlb') {
    once('pages', 'of huge and hugetlb');
    c.next();
    found.pages = word;
  } else if (c.take('at')) {
    once('at', 'address');
    found.at = parseValue(c);
  } else if (c.isWord() && isProt(word)) {
    once('prot', 'protection');
    found.prot = parseProt(c);
  } else {
    c.fail('an attribute of mmap', 'syntax', c.isWord() ? didYouMean(word, WORDS) : '');
  }
}

function readSource(c: Cursor, kind: 'anon' | 'shmem' | 'file' | 'device'): MmapSource {
  c.next();
  if (kind === 'file') return { kind, file: parseName(c, 'the name of a file') };
  if (kind === 'device') return { kind, device: parseName(c, 'the name of a device') };
  return { kind };
}
