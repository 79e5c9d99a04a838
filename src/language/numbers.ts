import { nearest, oneOf } from './suggest';

export const PAGE_SIZE = 4096;

const KIB = 1024;

/** What a number may be followed by, in bytes. */
export const UNITS: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['KiB', KIB],
  ['MiB', KIB ** 2],
  ['GiB', KIB ** 3],
  ['TiB', KIB ** 4],
  ['page', PAGE_SIZE],
  ['pages', PAGE_SIZE],
]);

const LITERAL = /^(0[xX][0-9A-Fa-f_]*|0[bB][01_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)([A-Za-z_0-9]*)$/;

export type Literal = { readonly value: number } | { readonly error: string };

/** Whether letters follow the digits, as in `64KiB`. */
export function hasUnit(text: string): boolean {
  return (LITERAL.exec(text)?.[2] ?? '') !== '';
}

/** The value of a number with or without a unit: whole, and no more than 2^53. */
export function readNumber(text: string, unit?: string): Literal {
  const parts = LITERAL.exec(text);
  const digits = (parts?.[1] ?? '').replace(/_/g, '');
  if (digits === '' || /^0[xX]$/.test(digits)) return { error: `\`${text}\` is not a number` };
  const name = parts?.[2] || unit;
  const scale = name === undefined ? 1 : UNITS.get(name);
  if (scale === undefined) return { error: unknownUnit(text, digits, name ?? '') };
  const value = Number(digits) * scale;
  if (!Number.isInteger(value)) return { error: `\`${text}\` is not a whole number of bytes` };
  if (value > Number.MAX_SAFE_INTEGER)
    return { error: `\`${text}\` is more than 2^53, the largest number here` };
  return { value };
}

function unknownUnit(text: string, digits: string, name: string): string {
  const usual: Record<string, string> = { k: 'KiB', m: 'MiB', g: 'GiB', t: 'TiB', p: 'pages' };
  const meant = usual[name.charAt(0).toLowerCase()] ?? nearest(name, UNITS.keys());
  if (meant !== undefined && /^[kmgt]?i?b?$|^p(age|g|s)/i.test(name)) {
    const space = meant === 'pages' ? ' ' : '';
    return `\`${name}\` is not a unit; did you mean \`${digits}${space}${meant}\`?`;
  }
  return `\`${text}\` is not a number; units are ${oneOf(['KiB', 'MiB', 'GiB', 'TiB', 'pages'])}`;
}

/** A number of bytes as people write it: the largest unit that divides it. */
export function showSize(bytes: number): string {
  for (const name of ['TiB', 'GiB', 'MiB', 'KiB']) {
    const scale = UNITS.get(name) ?? 1;
    if (bytes >= scale && bytes % scale === 0) return `${bytes / scale}${name}`;
  }
  return `${bytes}`;
}
