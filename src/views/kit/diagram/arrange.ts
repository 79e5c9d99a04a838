/** Where boxes and arrows stand. */

import { type EdgeLabel, Graph, type GraphLabel, layout, type NodeLabel } from '@dagrejs/dagre';
import type { Diagram } from '../../../protocol/diagram';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Sizes and places in CSS pixels; `x` and `y` are the middle. */
export interface Placed extends Point {
  readonly width: number;
  readonly height: number;
}

export interface Arranged {
  readonly width: number;
  readonly height: number;
  /** In the order of the diagram's boxes. */
  readonly boxes: readonly Placed[];
  /** In the order of the diagram's arrows: the way of each, and where its label stands. */
  readonly arrows: readonly { readonly points: readonly Point[]; readonly label: Point }[];
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const MARGIN = 8;
const BETWEEN_BOXES = 14;
const BETWEEN_RANKS = 34;

const sizedBy = (size: Size | undefined): { width: number; height: number } => ({
  width: size?.width ?? 0,
  height: size?.height ?? 0,
});

/** Arranges a diagram whose boxes and labels have these sizes: from left to right, or from the top in a narrow view. */
export function arrange(
  { boxes, arrows }: Diagram,
  sizes: readonly Size[],
  labels: readonly Size[],
  isNarrow: boolean,
): Arranged {
  const graph = new Graph<GraphLabel, NodeLabel, EdgeLabel>({ multigraph: true });
  graph.setGraph({
    rankdir: isNarrow ? 'TB' : 'LR',
    nodesep: BETWEEN_BOXES,
    ranksep: BETWEEN_RANKS,
    marginx: MARGIN,
    marginy: MARGIN,
  });
  for (const [i, { id }] of boxes.entries()) graph.setNode(id, sizedBy(sizes[i]));
  for (const [i, { from, to }] of arrows.entries())
    graph.setEdge(from, to, { ...sizedBy(labels[i]), labelpos: 'c' }, String(i));
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    boxes: boxes.map(({ id }) => {
      const { x = 0, y = 0, width, height } = graph.node(id);
      return { x, y, width, height };
    }),
    arrows: arrows.map(({ from, to }, i) => {
      const { points = [], x = 0, y = 0 } = graph.edge(from, to, String(i));
      return { points, label: { x, y } };
    }),
  };
}
