/**
 * Checkpoints of one run: snapshots by time, within a budget of bytes. Where they are too many, those go whose
 * absence costs least: the distance between checkpoints grows with their distance from where the user is.
 */

import { CHUNK_SHIFT, type ChunkList } from '../machine/column';
import type { Snapshot } from '../machine/store';

/** What ran between a checkpoint and the next one: which steps of the program, and which kinds of event. */
export class Seen {
  private constructor(
    readonly steps: Uint32Array,
    readonly kinds: Uint8Array,
  ) {}

  /** Packs an array with one byte a step, and copies one with a byte a kind of event. */
  static pack(visited: Uint8Array, kinds: Uint8Array): Seen {
    const steps = new Uint32Array((visited.length + 31) >> 5);
    for (let pc = visited.indexOf(1); pc !== -1; pc = visited.indexOf(1, pc + 1))
      steps[pc >> 5] = (steps[pc >> 5] ?? 0) | (1 << (pc & 31));
    return new Seen(steps, kinds.slice());
  }

  ran(pc: number): boolean {
    return ((this.steps[pc >> 5] ?? 0) & (1 << (pc & 31))) !== 0;
  }

  emitted(kind: number): boolean {
    return this.kinds[kind] === 1;
  }

  /** What ran in either. */
  or(other: Seen | undefined): Seen {
    if (other === undefined || other === this) return this;
    return new Seen(
      this.steps.map((word, i) => word | (other.steps[i] ?? 0)),
      this.kinds.map((seen, kind) => seen | (other.kinds[kind] ?? 0)),
    );
  }

  get bytes(): number {
    return this.steps.byteLength + this.kinds.byteLength;
  }
}

export interface Checkpoint {
  readonly time: number;
  readonly snapshot: Snapshot;
  /** What ran from here to the next checkpoint, as far as it is known: for the last one, more is going on. */
  seen: Seen | undefined;
}

/** Bytes an object of our own costs besides its arrays. */
const OBJECT_BYTES = 200;

/**
 * Bytes of a checkpoint that it doesn't share with the one before it. The sum over a list is never less than what the list
 * takes, whoever else has frozen the machine in between.
 */
function bytesOver({ snapshot, seen }: Checkpoint, before: Checkpoint | undefined): number {
  let bytes = OBJECT_BYTES + snapshot.columns.length * 8 + (seen?.bytes ?? 0);
  snapshot.columns.forEach((chunks, column) => {
    const earlier = before?.snapshot.columns[column];
    if (chunks !== earlier) bytes += chunks.length * 8 + chunkBytesOver(chunks, earlier);
  });
  return bytes;
}

function chunkBytesOver(chunks: ChunkList, earlier: ChunkList | undefined): number {
  let bytes = 0;
  for (let c = 0; c < chunks.length; c++) {
    const chunk = chunks[c];
    if (chunk !== undefined && chunk !== earlier?.[c]) bytes += chunk.byteLength;
  }
  return bytes;
}

export class Checkpoints {
  readonly #list: Checkpoint[] = [];
  /** Bytes that all checkpoints take together. */
  bytes = 0;

  constructor(readonly budgetBytes: number) {}

  get length(): number {
    return this.#list.length;
  }

  at(index: number): Checkpoint | undefined {
    return this.#list[index];
  }

  get last(): Checkpoint | undefined {
    return this.#list.at(-1);
  }

  /** Index of the latest checkpoint at or before `time`, or -1. */
  indexAt(time: number): number {
    let low = 0;
    let high = this.#list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#list[middle]?.time ?? 0) <= time) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Adds a checkpoint; then drops others, seen from `here`, until the budget holds. The first is never dropped. */
  add(checkpoint: Checkpoint, here: number): void {
    const index = this.indexAt(checkpoint.time) + 1;
    this.bytes += this.#bytesBetween(checkpoint, this.#list[index - 1], this.#list[index]);
    this.#list.splice(index, 0, checkpoint);
    while (this.bytes > this.budgetBytes && this.#list.length > 2) this.#drop(this.#cheapest(here));
  }

  /** Forgets every checkpoint at or after `time`. */
  truncate(time: number): void {
    while (this.#list.length > 0 && (this.last?.time ?? 0) >= time) {
      const gone = this.#list.pop();
      if (gone) this.bytes -= bytesOver(gone, this.last);
    }
  }

  /** Records what ran since the last checkpoint. */
  close(seen: Seen): void {
    const { last } = this;
    if (!last) return;
    this.bytes -= last.seen?.bytes ?? 0;
    last.seen = seen.or(last.seen);
    this.bytes += last.seen.bytes;
  }

  /** Whether a row of a column was written between checkpoint `index` and the next; true where nobody knows. */
  wrote(index: number, column: number, row: number): boolean {
    const before = this.#list[index]?.snapshot.columns[column];
    const after = this.#list[index + 1]?.snapshot.columns[column];
    if (before === undefined || after === undefined) return true;
    return before[row >> CHUNK_SHIFT] !== after[row >> CHUNK_SHIFT];
  }

  /** What a checkpoint between two others adds to the sum. */
  #bytesBetween(
    checkpoint: Checkpoint,
    before: Checkpoint | undefined,
    after: Checkpoint | undefined,
  ): number {
    const own = bytesOver(checkpoint, before);
    return after ? own + bytesOver(after, checkpoint) - bytesOver(after, before) : own;
  }

  /** The checkpoint without which the gap that is left is smallest for its distance. */
  #cheapest(here: number): number {
    let best = 1;
    let bestCost = Number.POSITIVE_INFINITY;
    for (let i = 1; i < this.#list.length - 1; i++) {
      const before = this.#list[i - 1]?.time ?? 0;
      const after = this.#list[i + 1]?.time ?? 0;
      const distance = Math.min(Math.abs(here - before), Math.abs(here - after));
      const cost = (after - before) / (distance + 1);
      if (cost < bestCost) {
        bestCost = cost;
        best = i;
      }
    }
    return best;
  }

  #drop(index: number): void {
    const [gone] = this.#list.splice(index, 1);
    const before = this.#list[index - 1];
    if (!gone || !before) return;
    this.bytes -= this.#bytesBetween(gone, before, this.#list[index]) + (before.seen?.bytes ?? 0);
    before.seen = before.seen?.or(gone.seen) ?? gone.seen;
    this.bytes += before.seen?.bytes ?? 0;
  }
}
