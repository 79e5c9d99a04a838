/** The bytes that a statement returns, one a page, and what is expected of them. There may be millions of them. */

import type { SlotRow, TaskRow } from '../engine/machine/ids';
import type { Kernel } from '../engine/routine/kernel';
import { EvaluationError } from '../language/arithmetic';
import type { OutcomeData } from '../language/ast';
import type { Scene } from '../view/environment';
import type { Body } from './context';
import { type F, r, type ScenarioNode } from './frame';

/** Bytes that an event takes along of a statement's data; also those that one step compares. */
const MOST_DATA = 1024;

/** Appends a byte to the data of the task's statement. */
export function appendData(k: Kernel, f: F, byte: number): void {
  const { slots, tasks } = k;
  const slot = slots.table.alloc();
  slots.srcFlags.set(slot, byte);
  if (tasks.data.get(k.task) === 0) tasks.data.set(k.task, slot);
  else slots.next.set(f.$tail, slot);
  f.$tail = slot;
}

/** The first bytes a task's statement returned, as many as an event takes along. */
export function dataOf(k: Kernel, task: TaskRow): number[] {
  const bytes: number[] = [];
  for (
    let slot = k.tasks.data.get(task);
    slot !== 0 && bytes.length < MOST_DATA;
    slot = k.slots.next.get(slot)
  )
    bytes.push(k.slots.srcFlags.get(slot));
  return bytes;
}

/** The byte expected of each page; -1 where none is. */
type Wanted = (scene: Scene, page: number) => number;

function wantedByte(body: Body, data: OutcomeData): Wanted {
  if (data.kind === 'each') {
    const value = body.number(data.value);
    return (scene, page) => (data.rising ? (value(scene) + page) & 255 : value(scene));
  }
  const items = itemsOf(body, data);
  return (scene, page) => {
    let left = page;
    for (const { value, times } of items) {
      if (left < times(scene)) return value(scene);
      left -= times(scene);
    }
    return -1;
  };
}

const itemsOf = (body: Body, data: Extract<OutcomeData, { kind: 'list' }>) =>
  data.items.map(({ value, times }) => ({
    value: body.number(value),
    times: times === undefined ? () => 1 : body.number(times),
  }));

/** How many bytes are expected; undefined: of every page there is one. */
function wantedCount(body: Body, data: OutcomeData): ((scene: Scene) => number) | undefined {
  if (data.kind === 'each') return undefined;
  const items = itemsOf(body, data);
  return (scene) => items.reduce((sum, { times }) => sum + times(scene), 0);
}

/**
 * Compares up to `most` bytes of the statement's data from the cursor on. The frame keeps how many have been compared
 * (`$seen`), and the first that is not what is expected: its page plus 1 (`$wrong`), and what it is (`$byte`). Returns
 * the slot behind the last one, 0 at the end.
 */
function compare(k: Kernel, f: F, from: SlotRow, most: number, wanted: (page: number) => number): SlotRow {
  let slot = from;
  for (let left = most; slot !== 0 && left > 0; left--) {
    const found = k.slots.srcFlags.get(slot);
    if (f.$wrong === 0) {
      const byte = wanted(f.$seen);
      if (byte !== -1 && found !== byte) {
        f.$wrong = f.$seen + 1;
        f.$byte = found;
      }
    }
    f.$seen++;
    slot = k.slots.next.get(slot) as SlotRow;
  }
  return slot;
}

/** Forgets a list from a slot on, `most` of it. Returns what is left. */
function forget(k: Kernel, from: SlotRow, most: number): SlotRow {
  let slot = from;
  for (let left = most; slot !== 0 && left > 0; left--) {
    const next = k.slots.next.get(slot) as SlotRow;
    k.slots.table.free(slot);
    slot = next;
  }
  return slot;
}

/** The value that an expression has, or one that nothing is compared with: what is wrong with it is told at the end. */
const quietly = (wanted: Wanted, scene: Scene) => (page: number) => {
  try {
    return wanted(scene, page);
  } catch (error) {
    if (error instanceof EvaluationError) return -1;
    throw error;
  }
};

/** The byte behind those that are kept and have been compared, or 0. */
const behindKept = (k: Kernel, f: F): SlotRow => (f.$tail === 0 ? 0 : k.slots.next.get(f.$tail)) as SlotRow;

/** There may be more bytes than one step compares, or there are. */
const areMany = (k: Kernel, f: F): boolean =>
  f.$seen === 0 ? f.$pages > MOST_DATA && k.tasks.data.get(k.task) !== 0 : behindKept(k, f) !== 0;

/**
 * For statements over many pages: compares their data, a piece in each step, and keeps of it only what the event that
 * tells of it takes along.
 */
export function longDataNodes(body: Body, data: OutcomeData | undefined): ScenarioNode[] {
  const wanted = data === undefined ? () => -1 : wantedByte(body, data);
  return [
    r.loop('bytes are left that nobody has looked at', areMany, [
      r.step('compare the next ones with what is expected', (k, f) => {
        const byte = quietly(wanted, body.ctx.at(f));
        if (f.$seen === 0) {
          const head = k.tasks.data.get(k.task) as SlotRow;
          f.$tail = lastKept(k, head);
          compare(k, f, head, MOST_DATA, byte);
          return;
        }
        const next = behindKept(k, f);
        compare(k, f, next, MOST_DATA, byte);
        k.slots.next.set(f.$tail, forget(k, next, MOST_DATA));
      }),
    ]),
  ];
}

function lastKept(k: Kernel, head: SlotRow): SlotRow {
  let last = head;
  for (let left = MOST_DATA - 1; left > 0; left--) {
    const next = k.slots.next.get(last) as SlotRow;
    if (next === 0) break;
    last = next;
  }
  return last;
}

const hex = (byte: number): string => `0x${byte.toString(16)}`;

/** What is wrong with the data of a statement that has come to its end; undefined where nothing is. */
export function dataFound(
  body: Body,
  data: OutcomeData,
): (k: Kernel, f: F, scene: Scene) => string | undefined {
  const wanted = wantedByte(body, data);
  const count = wantedCount(body, data);
  return (k, f, scene) => {
    const left = f.$seen === 0 ? (k.tasks.data.get(k.task) as SlotRow) : behindKept(k, f);
    compare(k, f, left, Number.POSITIVE_INFINITY, (page) => wanted(scene, page));
    const pages = f.$seen;
    if (f.$wrong !== 0) {
      if (pages === 1) return hex(f.$byte);
      return `${hex(f.$byte)} in page ${f.$wrong - 1}, where ${hex(wanted(scene, f.$wrong - 1))} belongs`;
    }
    const expected = count?.(scene) ?? Math.max(1, pages);
    return pages === expected ? undefined : `${pages} ${pages === 1 ? 'value' : 'values'}`;
  };
}
