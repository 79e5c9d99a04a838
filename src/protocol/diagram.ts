import type { PictureLink } from './picture';

/** Arguments of `hmm/faultPath` and `hmm/waitGraph`. */
export interface DiagramArguments {
  /** DAP thread id: whose fault is meant, or whose waiting comes first. */
  threadId?: number;
  /** Most boxes in the answer: 1 to MOST_BOXES. */
  most: number;
}

export const MOST_BOXES = 200;

/** What a box stands for; a stranger tells them apart by shape and colour. */
export type DiagramBoxKind = 'task' | 'entry' | 'memory' | 'device' | 'lock';

export interface DiagramBox {
  /** Unique in the diagram. */
  id: string;
  kind: DiagramBoxKind;
  title: string;
  /** What more is known of it, a line each. */
  lines: string[];
  /** Where it leads. */
  link?: PictureLink;
}

/** `circle`: part of a circle of waiting tasks, none of which can go on. `maybe`: one of several would do. */
export type DiagramArrowKind = 'is' | 'next' | 'wait' | 'maybe' | 'circle';

/** From box to box, by their ids. */
export interface DiagramArrow {
  from: string;
  to: string;
  kind: DiagramArrowKind;
  label: string;
  /** How much goes along it, beside the most along any: above 0, at most 1. All are alike without. */
  weight?: number;
}

/** Something that has to be done, in the order in which it is. */
export interface DiagramStage {
  name: string;
  state: 'done' | 'open' | 'refused';
  /** When it was done, or refused. */
  time?: number;
  /** Why it was refused. */
  why?: string;
}

/** A picture of boxes and arrows. */
export interface Diagram {
  /** What is to be seen, in a sentence or two. */
  summary: string;
  boxes: DiagramBox[];
  arrows: DiagramArrow[];
  stages: DiagramStage[];
}
