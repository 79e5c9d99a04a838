/** Characters that can't be seen, and texts too long to read: how messages show them. */

/** Longest name that a message repeats in full, in UTF-16 units. */
const LONGEST_SHOWN = 40;

/** What Unicode calls controls, formats (zero-width, bidirectional), separators and lone surrogates, except the blank. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

const NAMES: ReadonlyMap<number, string> = new Map([
  [0x00, 'a null character'],
  [0x1b, 'an escape character'],
  [0xad, 'a soft hyphen'],
  [0x200b, 'a zero-width space'],
  [0x200c, 'a zero-width non-joiner'],
  [0x200d, 'a zero-width joiner'],
  [0x200e, 'a left-to-right mark'],
  [0x200f, 'a right-to-left mark'],
  [0x2028, 'a line separator'],
  [0x2029, 'a paragraph separator'],
  [0x202d, 'a left-to-right override'],
  [0x202e, 'a right-to-left override'],
  [0x2060, 'a word joiner'],
  [0x3000, 'an ideographic space'],
]);

/** `U+200B` */
function codePoint(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** `: U+200B, a zero-width space, which cannot be seen`, for a text that has one such character; otherwise nothing. */
export function invisible(text: string): string {
  const [char] = text.match(UNSEEN) ?? [];
  if (char === undefined) return '';
  const name = NAMES.get(char.codePointAt(0) ?? 0);
  return `: ${codePoint(char)}${name === undefined ? '' : `, ${name},`} cannot be seen`;
}

/**
 * A message as it can be shown anywhere: names in it that are long are shortened, and characters that can't be seen
 * or that steer a terminal are replaced by their code points.
 */
export function readable(message: string): string {
  return message
    .replace(/`([^`]+)`/g, (quoted, name: string) =>
      name.length > LONGEST_SHOWN ? `\`${shorten(name)}\`` : quoted,
    )
    .replace(UNSEEN, (char) => `<${codePoint(char)}>`);
}

/** What steers a terminal, or turns the order of characters about. */
const STEERING = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** A text that only prints, wherever it goes to: what would do more is replaced by its code point. */
export const harmless = (text: string): string => text.replace(STEERING, (char) => `<${codePoint(char)}>`);

/** Cut between characters, not inside one of two units. */
function shorten(name: string): string {
  return `${name.slice(0, LONGEST_SHOWN).replace(/[\ud800-\udbff]$/, '')}…`;
}
