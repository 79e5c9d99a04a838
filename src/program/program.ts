/** A compiled scenario: everything about it that does not change while it runs. */

import type { MachineLayout } from '../engine/kernel/boot';
import type { Profile } from '../engine/profiles';
import type { Driver } from '../engine/routine/driver';
import type { Order } from '../engine/time/schedule';
import type { Scenario, Statement } from '../language/ast';
import type { LineMap, Position } from '../language/source';
import type { ProgramNames } from '../view/environment';

/** A statement of the text. */
export interface StatementInfo {
  /** Its number, by which events name it: the place in the order of the text. */
  readonly index: number;
  readonly statement: Statement;
  readonly position: Position;
  /** The statement's own text, on one line; of a block only its head. */
  readonly text: string;
  /** The process, child or thread whose text it is. */
  readonly task: string;
  /** What it expects, as written; events name an expectation by its place here. */
  readonly expectations: readonly string[];
}

/** A file of the scenario. */
export interface FileLayout {
  readonly pages: number;
  /** Byte of page 0; page k has this plus k. Undefined: the file is empty. */
  readonly fill: number | undefined;
}

export interface Program {
  readonly file: string;
  readonly text: string;
  readonly lines: LineMap;
  readonly scenario: Scenario;
  /** With the scenario's switches applied. */
  readonly profile: Profile;
  /** By the numbers that devices have for their drivers. */
  readonly drivers: readonly Driver[];
  readonly layout: MachineLayout;
  readonly names: ProgramNames;
  readonly files: readonly FileLayout[];
  /** Pages of the swap area that is on from the start; 0 = none. */
  readonly swapPages: number;
  /** Reading from it is over at once. */
  readonly swapSync: boolean;
  readonly order: Order;
  readonly statements: readonly StatementInfo[];
  /** Number of each statement of the tree. */
  readonly indexOf: ReadonlyMap<Statement, number>;
  /** How many tasks meet at each barrier that does not say so itself. */
  readonly barriers: ReadonlyMap<string, number>;
}
