/** What has been written since the last check: every object once, with the step that wrote to it last. */

import type { Interpreter } from '../time/interpreter';

const FIRST_ROWS = 1024;
const FIRST_MARKS = 256;

/** The step that wrote to an object last. */
export interface Writer {
  readonly time: number;
  readonly pc: number;
}

export class Marks {
  count = 0;
  /** By row: its place in the queue, from 1; 0 = not marked. */
  #place = new Int32Array(FIRST_ROWS);
  #rows = new Int32Array(FIRST_MARKS);
  #times = new Float64Array(FIRST_MARKS);
  #pcs = new Int32Array(FIRST_MARKS);

  constructor(private readonly interpreter: Interpreter) {}

  /** Marks a row, the running step being its writer. */
  add(row: number): void {
    this.#mark(row, this.interpreter.kernel.time, this.interpreter.running);
  }

  /** Marks a row that `writer` wrote to, whatever it has had to agree with until then. */
  wrote(row: number, writer: Writer): void {
    this.#mark(row, writer.time, writer.pc);
  }

  /** Marks a row because something it has to agree with was written by `writer`; who wrote to it itself counts more. */
  follow(row: number, writer: Writer): void {
    if ((this.#place[row] ?? 0) === 0) this.#mark(row, writer.time, writer.pc);
  }

  /** Marks what `others` have marked, with their writers. */
  followAll(others: Marks): void {
    for (let i = 1; i <= others.count; i++) this.follow(others.at(i), others.writer(i));
  }

  #mark(row: number, time: number, pc: number): void {
    if (row >= this.#place.length) this.#growRows(row);
    let place = this.#place[row] as number;
    if (place === 0) {
      place = ++this.count;
      if (place >= this.#rows.length) this.#growQueue();
      this.#place[row] = place;
      this.#rows[place] = row;
    }
    this.#times[place] = time;
    this.#pcs[place] = pc;
  }

  has(row: number): boolean {
    return (this.#place[row] ?? 0) !== 0;
  }

  /** The marked row at a place from 1 to `count`, in the order of marking. */
  at(place: number): number {
    return this.#rows[place] as number;
  }

  writer(place: number): Writer {
    return { time: this.#times[place] as number, pc: this.#pcs[place] as number };
  }

  clear(): void {
    if (this.count === 0) return;
    for (let place = 1; place <= this.count; place++) this.#place[this.#rows[place] as number] = 0;
    this.count = 0;
  }

  #growRows(row: number): void {
    let length = this.#place.length;
    while (length <= row) length *= 2;
    const place = new Int32Array(length);
    place.set(this.#place);
    this.#place = place;
  }

  #growQueue(): void {
    const length = this.#rows.length * 2;
    const rows = new Int32Array(length);
    const times = new Float64Array(length);
    const pcs = new Int32Array(length);
    rows.set(this.#rows);
    times.set(this.#times);
    pcs.set(this.#pcs);
    this.#rows = rows;
    this.#times = times;
    this.#pcs = pcs;
  }
}
