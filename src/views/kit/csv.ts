/** Tables as files. */

import { base64Of } from './base64';

/** A cell of a table; one that a spreadsheet would take for a formula is made a text. */
const cell = (text: string): string => `"${text.replace(/^[=+\-@]/, "'$&").replaceAll('"', '""')}"`;

/** Rows as CSV, as RFC 4180 has it, in base64. */
export function csvOf(rows: readonly (readonly string[])[]): string {
  const text = rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
  return base64Of(text);
}
