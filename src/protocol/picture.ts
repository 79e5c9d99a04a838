/** What goes between a picture in its webview and the extension. */

import type { BiographyArguments, HistoryArguments } from './history';

/** What the extension tells a picture that asks for `Answer`. */
export type ToPicture<Answer> =
  | { type: 'answer'; answer: Answer }
  /** Nothing to show, with a sentence that says why; what was shown stays, marked as old. */
  | { type: 'nothing'; text: string }
  /** Something that was asked for could not be done; what is shown stays. */
  | { type: 'note'; text: string }
  /** What is shown is to be saved: answered with `file`. */
  | { type: 'save'; what: SavedPart };

/** The picture itself, or the table that says the same. */
export type SavedPart = 'picture' | 'table';

/** What is saved: its kind, which is the extension of its name, and its bytes as base64. */
export interface SavedFile {
  kind: 'png' | 'svg' | 'csv';
  base64: string;
}

/** What a picture tells the extension. */
export type FromPicture<Args> =
  /** The view is there, or shows another part: what to ask the adapter for, now and at each stop. */
  | { type: 'ask'; args: Args }
  | { type: 'link'; link: PictureLink }
  /** A file that was asked for. */
  | { type: 'file'; file: SavedFile };

/** What the view of history tells besides: it is there, and can be told. */
export type FromHistory = FromPicture<HistoryArguments> | { type: 'ready' };

/** Where something in a picture leads. Addresses are `0x…`; `focus` moves the keyboard there. */
export type PictureLink =
  /** The page's entry in Page Tables. */
  | { to: 'entry'; process: string; address: string; focus: boolean }
  /** The entry of Page Tables that maps a page frame first. */
  | { to: 'frame'; pfn: string; focus: boolean }
  | { to: 'why'; process: string; address: string }
  /** All that has happened to a page. */
  | { to: 'biography'; of: BiographyArguments }
  /** That time of the run. */
  | { to: 'time'; time: number }
  /** That line of the scenario. */
  | { to: 'line'; line: number };
