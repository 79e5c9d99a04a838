/** A broken invariant, as data. */

import type { MmRow, PageRow, Pfn, ProcessRow } from '../machine/ids';
import type { Loss } from '../profiles/breaks';
import type { Invariant } from './catalogue';
import type { Writer } from './marks';

/** What kind of object was found in disorder; `row` is its row in the table of that kind. */
export type TargetKind =
  | 'page'
  | 'entry'
  | 'node'
  | 'mm'
  | 'device'
  | 'mirror'
  | 'memcg'
  | 'migration'
  | 'task'
  | 'tlb'
  | 'lock'
  | 'machine';

/** The objects involved. Absent: none of that kind is. */
export interface Involved {
  readonly page?: PageRow;
  readonly pfn?: Pfn;
  readonly mm?: MmRow;
  readonly process?: ProcessRow;
  /** Address in bytes. */
  readonly va?: number;
  readonly device?: number;
  readonly mirror?: number;
  readonly migration?: number;
  readonly task?: number;
}

export interface Violation {
  readonly invariant: Invariant;
  readonly target: TargetKind;
  readonly row: number;
  readonly involved: Involved;
  /** Of I18 only. */
  readonly loss?: Loss;
  /** One sentence: what was expected and what was found. */
  readonly detail: string;
  /** Time of the check at which it was found: that of the first yield after the step. */
  readonly time: number;
  /** The step that last wrote to the object: its time (that of the machine before it) and its number in the program. */
  readonly step: Writer;
}
