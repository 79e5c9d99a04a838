import fc from 'fast-check';
import { VOCABULARY } from '../../src/language/vocabulary';

const signs = [
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '..',
  '.',
  ',',
  ';',
  '=',
  '+',
  '-',
  '*',
  '==',
  '!',
  '<',
  '\n',
  '"',
  '#',
];
const values = [
  'buf',
  'gpu0',
  'A',
  '0',
  '3',
  '64KiB',
  '4 pages',
  '1e30',
  '0x',
  '6.12',
  'SIGBUS',
  'EFAULT',
  'rw',
  'lru',
];

/** One word or sign of the language. */
export const generatedWords = fc.constantFrom(...VOCABULARY.map((entry) => entry.word), ...signs, ...values);
