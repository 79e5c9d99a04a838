import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvOf } from '../../src/views/kit/csv';

/** Reads CSV as RFC 4180 says: quotes around each field, doubled inside. */
function read(text: string): string[][] {
  const rows: string[][] = [];
  for (const [, field = '', end] of text.matchAll(/"((?:[^"]|"")*)"(,|\r\n)/g)) {
    const row = rows.at(-1);
    if (row === undefined || row.at(-1) === '\n') rows.push([]);
    rows.at(-1)?.push(field.replaceAll('""', '"'));
    if (end === '\r\n') rows.at(-1)?.push('\n');
  }
  return rows.map((row) => row.filter((field, at) => at < row.length - 1 || field !== '\n'));
}

const textOf = (base64: string): string => Buffer.from(base64, 'base64').toString();

describe('a table as CSV', () => {
  it('has every text of every row, whatever is in it', () => {
    const plain = fc.string({ unit: 'grapheme' }).filter((text) => !/^[=+\-@]/.test(text) && text !== '\n');
    fc.assert(
      fc.property(fc.array(fc.array(plain, { minLength: 1 }), { minLength: 1 }), (rows) => {
        expect(read(textOf(csvOf(rows)))).toEqual(rows);
      }),
    );
  });

  it('has no formulas', () => {
    expect(textOf(csvOf([['=1+1', '@x', 'buf[0..4]']]))).toBe(`"'=1+1","'@x","buf[0..4]"\r\n`);
  });
});
