/** Who waits for whom, as a picture: tasks, what each waits for, and who must act first. */

import { wait_cycle } from '../../engine/detect/deadlock';
import type { TaskRow } from '../../engine/machine/ids';
import type { Diagram, DiagramArrow, DiagramArrowKind, DiagramBox } from '../../protocol';
import { lineAt, taskName, type World } from '../environment';
import { edgesOf, type WaitEdge } from '../wait-graph';
import { routineOf } from '../waits';

const taskId = (task: TaskRow): string => `task ${task}`;

export function taskBox(world: World, task: TaskRow): DiagramBox {
  const routine = routineOf(world, task);
  const line = lineAt(world, task, world.kernel.time);
  return {
    id: taskId(task),
    kind: 'task',
    title: taskName(world, task),
    lines: routine === '' ? [] : [`in ${routine}`],
    ...(line === undefined ? {} : { link: { to: 'line', line } }),
  };
}

/** Boxes and arrows as they come, as long as there is room. */
class Drawing {
  readonly boxes = new Map<string, DiagramBox>();
  readonly arrows: DiagramArrow[] = [];
  left = 0;

  constructor(
    readonly world: World,
    readonly circles: ReadonlySet<TaskRow>,
    readonly most: number,
  ) {}

  add(task: TaskRow, { what, all, any }: WaitEdge): void {
    const others = [...all, ...any];
    const fresh = [task, ...others].filter((row) => !this.boxes.has(taskId(row)));
    if (this.boxes.size + fresh.length + (this.boxes.has(what) ? 0 : 1) > this.most) {
      this.left++;
      return;
    }
    for (const row of fresh) this.boxes.set(taskId(row), taskBox(this.world, row));
    this.boxes.set(what, { id: what, kind: 'lock', title: what, lines: [] });
    this.#arrow(taskId(task), what, this.circles.has(task) ? 'circle' : 'wait', 'waits for');
    for (const other of others) {
      const inCircle = this.circles.has(task) && this.circles.has(other);
      const kind = inCircle ? 'circle' : all.includes(other) ? 'wait' : 'maybe';
      this.#arrow(what, taskId(other), kind, kind === 'maybe' ? 'perhaps by' : 'until');
    }
  }

  #arrow(from: string, to: string, kind: DiagramArrowKind, label: string): void {
    if (!this.arrows.some((arrow) => arrow.from === from && arrow.to === to))
      this.arrows.push({ from, to, kind, label });
  }
}

const tasks = (count: number): string => (count === 1 ? '1 task' : `${count} tasks`);

function summaryOf(edges: number, circle: readonly string[], left: number): string {
  if (edges === 0) return 'No task waits for another.';
  const parts = [
    `${tasks(edges)} ${edges === 1 ? 'waits' : 'wait'}.`,
    ...(circle.length === 0 ? [] : [`${circle.join(', ')} wait in a circle: none of them can go on.`]),
    ...(left === 0 ? [] : [`${tasks(left)} more ${left === 1 ? 'is' : 'are'} not drawn.`]),
  ];
  return parts.join(' ');
}

/** The tasks that stand in a circle with one of these. */
function circlesOf(world: World, tasks: readonly TaskRow[]): ReadonlySet<TaskRow> {
  const found = new Set<TaskRow>();
  for (const task of tasks)
    if (!found.has(task)) for (const other of wait_cycle(world.kernel, task)) found.add(other);
  return found;
}

/** Every task that waits, what for, and who must act first; the wanted one first, at most so many boxes. */
export function waitGraph(world: World, wanted: TaskRow, most: number): Diagram {
  const edges = edgesOf(world);
  const rank = (task: TaskRow): number => (task === wanted ? 0 : 1);
  const order = [...edges].sort(([a], [b]) => rank(a) - rank(b) || a - b);
  const circles = circlesOf(
    world,
    order.slice(0, most).map(([task]) => task),
  );
  const drawing = new Drawing(world, circles, most);
  for (const [task, edge] of order) drawing.add(task, edge);
  return {
    summary: summaryOf(
      edges.size,
      [...circles].map((task) => taskName(world, task)),
      drawing.left,
    ),
    boxes: [...drawing.boxes.values()],
    arrows: drawing.arrows,
    stages: [],
  };
}
