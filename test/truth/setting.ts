/** What a program's record doesn't tell about the machine it ran on: the name of its file does. */

import { basename } from 'node:path';
import { ALIGNED, Layout } from './places';

export interface Setting {
  readonly layout: Layout;
  /** There is a swap area, a RAM disk. */
  readonly swap: boolean;
}

/** In files called `shifted…` every buffer begins so many pages before a boundary of page tables. */
const SHIFTED = new Layout(6);

/** The setting of the records in a file. */
export function settingOf(file: string): Setting {
  const name = basename(file);
  return { layout: name.startsWith('shifted') ? SHIFTED : ALIGNED, swap: name.startsWith('swap') };
}
