import { describe, expect, test } from 'vitest';
import { declaredNames, explain, placesAt } from '../../src/extension/language-words';

const declared = `device gpu0 private 64MiB driver dmirror
let pages = 4
process app {
    buf = mmap 64KiB anon rw
`;

test('names are found whatever they are declared as', () => {
  const names = declaredNames(`${declared}    thread A { }\n    fork child { }\n`);
  expect(Object.fromEntries(names.map(({ name, kind }) => [name, kind]))).toEqual({
    gpu0: 'device',
    pages: 'value',
    app: 'process',
    child: 'process',
    A: 'thread',
    buf: 'buffer',
  });
});

describe('the place of a word', () => {
  test.each([
    ['pro', ['top']],
    [`${declared}    mun`, ['statement']],
    [`${declared}    gpu0 sn`, ['device']],
    [`${declared}    munmap buf\n}\ndev`, ['top']],
    [`${declared}    # a brace } in a comment\n    re`, ['statement']],
    [`${declared}    print "}"\n    re`, ['statement']],
    ['machine {\n    cp', ['machine']],
    [`${declared}    expect bu`, ['attribute', 'expression', 'outcome']],
  ])('%j', (before, places) => {
    expect(placesAt(before)).toEqual(places);
  });
});

test('a word is explained for the place where it stands', () => {
  expect(explain(`${declared}    read`).map(({ form }) => form)).toEqual(['read RANGE']);
  expect(explain(`${declared}    gpu0 read`).map(({ form }) => form)).toEqual(['DEVICE read RANGE']);
  expect(explain(`${declared}    nonsense`)).toEqual([]);
});
