/** Frames of a scenario's own routines: loop counters, then what the compiler's code needs. */

import type { Frame } from '../engine/routine/frame';
import {
  type AnyRoutine,
  Builder,
  type FrameOf,
  Hex,
  Int,
  type Node,
  type Place,
  type Routine,
} from '../engine/routine/routine';

const SLOTS = {
  /** First address of the statement's range, in bytes, its pages, and how many of them are done. */
  $va: Hex,
  $pages: Int,
  $done: Int,
  $value: Int,
  /** What the statement's call returned: ≥ 0, or -errno. PROBLEM when the statement could not be executed. */
  $ret: Int,
  /** Row of the object that the statement is about: a mirror, a task, a pin, a file. */
  $row: Int,
  /** Last element of the statement's data; once its call is over, of what is kept of it. */
  $tail: Int,
  /** Bytes of the data that have been compared; the page of the first that is wrong, plus 1; and what that one is. */
  $seen: Int,
  $wrong: Int,
  $byte: Hex,
} as const;

/** `$ret` of a statement that names what is not there: its failure has been reported already. */
export const PROBLEM = -(2 ** 31);

/** A frame as the steps of a statement see it. */
export type F = FrameOf<typeof SLOTS> & AnyFrame;
export type ScenarioNode = Node<F>;
export const r = new Builder<F>();

/** A frame of any routine, as its numbered slots see it. */
export type AnyFrame = Pick<Frame, '$base' | '$stack'>;
/** A numbered slot of a frame. */
export const slot = ({ $stack, $base }: AnyFrame, number: number): number => $stack.get($base + number);
export const setSlot = ({ $stack, $base }: AnyFrame, number: number, value: number): void =>
  $stack.set($base + number, value);

/** Gives nodes, and those inside them, their place in the scenario. */
export function placed(nodes: readonly ScenarioNode[], at: Place): ScenarioNode[] {
  return nodes.map((node) => {
    if (node.op === 'yield') return node;
    if (node.op === 'when')
      return { at, ...r.when(node.text, node.test, placed(node.then, at), placed(node.otherwise, at)) };
    if (node.op === 'loop') return { at, ...node, body: placed(node.body, at) };
    return { at, ...node };
  });
}

/** What a routine of a scenario is given besides its code. */
export interface RoutineSpec {
  readonly name: string;
  readonly file: string;
  readonly about: string;
  /** Counters of the loops around the place where it is started. */
  readonly captured: readonly string[];
  /** Counters and ends of its own loops. */
  readonly counters: readonly string[];
}

/** Numbered slots in their order: the captured counters are first. */
export function slotNames(spec: Pick<RoutineSpec, 'captured' | 'counters'>): string[] {
  return [...spec.captured, ...spec.counters];
}

/** A routine whose frames show lines of the scenario. */
export function scenarioRoutine(spec: RoutineSpec, nodes: readonly ScenarioNode[]): Routine<AnyFrame> {
  const made: AnyRoutine = {
    name: spec.name,
    file: spec.file,
    about: spec.about,
    numbered: slotNames(spec),
    params: {},
    locals: SLOTS,
    aliases: [],
    scenario: true,
    body: () => [...nodes] as unknown as Node<never>[],
  };
  return made;
}
