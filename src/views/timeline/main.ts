/** The timeline in its webview. */

import {
  type EventCategory,
  MOST_COLUMNS,
  MOST_LANES,
  type TimelineArguments,
  type TimelineResult,
  type TimelineSlice,
} from '../../protocol/timeline';
import { CanvasPicture } from '../kit/canvas-picture';
import { element, fillRows } from '../kit/page';
import type { Keys } from '../kit/picture';
import { Theme } from '../kit/theme';
import { type Cursor, colourOf, draw } from './draw';
import { at, type Layout, layout, namesWidth } from './layout';
import { LETTERS, Timeline } from './model';

/** Rows of the table behind the picture. */
const MOST_ROWS = 200;
/** The shortest part of time shown, in steps, and how much each zoom changes. */
const SHORTEST = 20;
const ZOOM = 2;

/** The part of time shown; without it all. */
interface Kept {
  readonly part?: { readonly from: number; readonly to: number };
  readonly firstLane: number;
}

class TimelineView extends CanvasPicture<TimelineArguments, TimelineResult, Kept> {
  readonly #now = element<HTMLInputElement>('now');
  readonly #time = element<HTMLOutputElement>('time');
  readonly #lanes = element<HTMLSelectElement>('lanes');
  readonly #legend = element('legend');
  readonly #table = element<HTMLTableSectionElement>('rows');
  #timeline: Timeline | undefined;
  #layout: Layout | undefined;
  #cursor: Cursor | undefined;

  constructor() {
    super({ firstLane: 0 });
    this.canvas.addEventListener('click', (event) => this.#click(event));
    this.canvas.addEventListener('mousemove', (event) => this.#hover(event));
    this.canvas.addEventListener('mouseleave', () => this.#tell(this.#cursor));
    this.canvas.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    this.#now.addEventListener('change', () => this.#seek(Number(this.#now.value)));
    this.#lanes.addEventListener('change', () =>
      this.ask({ ...this.kept, firstLane: Number(this.#lanes.value) }),
    );
    for (const [id, act] of [
      ['in', () => this.#zoom(1 / ZOOM)],
      ['out', () => this.#zoom(ZOOM)],
      ['all', () => this.#showAll()],
    ] as const)
      element(id).addEventListener('click', act);
  }

  protected argsFor(width: number): TimelineArguments {
    const most = Math.max(1, Math.min(MOST_COLUMNS, width - namesWidth(width)));
    return { most, firstLane: this.kept.firstLane, lanes: MOST_LANES, ...this.kept.part };
  }

  protected shown(result: TimelineResult): void {
    const hasMoved = this.#timeline?.result.now !== result.now;
    this.#timeline = new Timeline(result);
    this.#now.max = String(result.last);
    this.#now.value = String(result.now);
    this.#time.textContent = `time ${result.now} of ${result.last}`;
    this.#showLanes(result);
    if (hasMoved) this.#cursor = { lane: this.#cursor?.lane ?? 0, time: result.now };
    this.redraw();
    this.#fillLegend(result);
    fillRows(this.#table, this.#timeline.rows(MOST_ROWS));
    this.#tell(this.#cursor);
  }

  protected draw(_: TimelineResult, width: number): void {
    if (this.#timeline === undefined) return;
    this.#layout = layout(this.#timeline, width);
    draw(this.canvas, this.#timeline, this.#layout, this.#cursor);
  }

  #showLanes({ allLanes, firstLane }: TimelineResult): void {
    const parts = Array.from({ length: Math.ceil(allLanes / MOST_LANES) }, (_, i) => i * MOST_LANES);
    const options = parts.map((first) => {
      const label = `lanes ${first + 1} to ${Math.min(first + MOST_LANES, allLanes)} of ${allLanes}`;
      return new Option(label, String(first), false, first === firstLane);
    });
    this.#lanes.replaceChildren(...options);
    this.#lanes.hidden = parts.length < 2;
  }

  #fillLegend({ slices, events, known, from }: TimelineResult): void {
    const theme = new Theme();
    const items = (Object.keys(LETTERS) as EventCategory[]).map((category) => {
      const item = document.createElement('li');
      const mark = document.createElement('b');
      mark.style.color = colourOf(theme, category);
      mark.textContent = LETTERS[category];
      item.append(mark, category);
      return item;
    });
    const note = document.createElement('li');
    note.textContent = [
      `${events} events`,
      ...(slices === undefined ? ['zoom in to see each of them'] : []),
      ...(known > from ? [`those before time ${known} are no longer recorded`] : []),
    ].join('; ');
    this.#legend.replaceChildren(...items, note);
  }

  #pointed(event: MouseEvent): ReturnType<typeof at> | undefined {
    return this.#layout && this.#timeline && at(this.#layout, this.#timeline, event.offsetX, event.offsetY);
  }

  /** The event at a time of a lane, on a row of it or on any. */
  #sliceAt(lane: number, time: number, row?: number): TimelineSlice | undefined {
    const slices = this.#timeline?.lanes[lane]?.slices ?? [];
    const near = this.#layout === undefined ? 0 : (2 * this.#span()) / this.#layout.width;
    const over = slices.filter(
      ({ from, to, depth }) =>
        from <= time + near && (to ?? Number.POSITIVE_INFINITY) + near >= time && (row ?? depth) === depth,
    );
    return over.reduce<TimelineSlice | undefined>(
      (best, slice) => (best === undefined || slice.depth >= best.depth ? slice : best),
      undefined,
    );
  }

  #hover(event: MouseEvent): void {
    const point = this.#pointed(event);
    if (point?.lane === undefined) this.#tell(this.#cursor);
    else this.#tell({ lane: point.lane, time: point.time }, point.row);
  }

  /** Seeks to the event that is pointed at, or else to that time. */
  #click(event: MouseEvent): void {
    const point = this.#pointed(event);
    if (point === undefined) return;
    const slice = point.lane === undefined ? undefined : this.#sliceAt(point.lane, point.time, point.row);
    this.#move({ lane: point.lane ?? this.#cursor?.lane ?? 0, time: slice?.from ?? point.time });
    this.#seek(slice?.from ?? point.time);
  }

  #wheel(event: WheelEvent): void {
    const point = this.#pointed(event);
    if (point === undefined || event.shiftKey) return;
    event.preventDefault();
    this.#zoom(event.deltaY > 0 ? ZOOM : 1 / ZOOM, point.time);
  }

  #seek(time: number): void {
    this.link({ to: 'time', time });
  }

  #span(): number {
    const { from = 0, to = 1 } = this.answer ?? {};
    return to - from;
  }

  /** Shows more or less time around a moment that stays where it is. */
  #zoom(by: number, around = this.#cursor?.time ?? 0): void {
    const { answer } = this;
    if (answer === undefined) return;
    const span = Math.max(SHORTEST, Math.round(this.#span() * by));
    if (span > answer.last) {
      this.#showAll();
      return;
    }
    const share = Math.max(0, Math.min(1, (around - answer.from) / this.#span()));
    this.#showFrom(Math.round(around - share * span), span);
  }

  #showFrom(wanted: number, span: number): void {
    const last = this.answer?.last ?? 0;
    const from = Math.max(0, Math.min(wanted, last + 1 - span));
    this.ask({ ...this.kept, part: { from, to: from + span } });
  }

  #showAll(): void {
    this.ask({ firstLane: this.kept.firstLane });
  }

  #pan(share: number): void {
    if (this.answer !== undefined)
      this.#showFrom(this.answer.from + Math.round(this.#span() * share), this.#span());
  }

  #move(cursor: Cursor): void {
    this.#cursor = cursor;
    this.redraw();
    this.#tell(cursor);
  }

  #tell(cursor: Cursor | undefined, row?: number): void {
    const timeline = this.#timeline;
    if (cursor === undefined || timeline === undefined) {
      this.say('');
      return;
    }
    const slice = this.#sliceAt(cursor.lane, cursor.time, row);
    this.say(
      slice ? timeline.describe(slice) : timeline.describeColumn(cursor.lane, timeline.columnOf(cursor.time)),
    );
  }

  /** The times on the cursor's lane at which something begins. */
  #begins(): number[] {
    const lane = this.#timeline?.lanes[this.#cursor?.lane ?? 0];
    if (lane === undefined || this.#timeline === undefined) return [];
    const { result } = this.#timeline;
    if (lane.slices.length > 0)
      return lane.slices.map(({ from }) => from).filter((from) => from >= result.from);
    const columns = new Set(
      lane.rows.flatMap(({ counts }) => [...counts.keys()].filter((column) => counts[column] !== 0)),
    );
    return [...columns].sort((a, b) => a - b).map((column) => this.#timeline?.timeOf(column) ?? 0);
  }

  #goTo(time: number | undefined): void {
    if (time !== undefined) this.#move({ lane: this.#cursor?.lane ?? 0, time });
  }

  #toLane(lane: number): void {
    const count = this.#timeline?.lanes.length ?? 0;
    if (lane >= 0 && lane < count) this.#move({ time: this.#cursor?.time ?? 0, lane });
  }

  protected table(): readonly (readonly string[])[] {
    return [['lane', 'time', 'what'], ...(this.#timeline?.rows(Number.POSITIVE_INFINITY) ?? [])];
  }

  protected keys(): Keys {
    const { lane, time } = this.#cursor ?? { lane: 0, time: 0 };
    const slice = this.#sliceAt(lane, time);
    const place =
      slice?.process === undefined || slice.address === undefined
        ? undefined
        : { process: slice.process, address: slice.address };
    return {
      ArrowRight: () => this.#goTo(this.#begins().find((begin) => begin > time)),
      ArrowLeft: () =>
        this.#goTo(
          this.#begins()
            .filter((begin) => begin < time)
            .at(-1),
        ),
      Home: () => this.#goTo(this.#begins()[0]),
      End: () => this.#goTo(this.#begins().at(-1)),
      ArrowDown: () => this.#toLane(lane + 1),
      ArrowUp: () => this.#toLane(lane - 1),
      PageDown: () => this.#pan(1 / 2),
      PageUp: () => this.#pan(-1 / 2),
      '+': () => this.#zoom(1 / ZOOM),
      '=': () => this.#zoom(1 / ZOOM),
      '-': () => this.#zoom(ZOOM),
      '0': () => this.#showAll(),
      Enter: () => this.#seek(slice?.from ?? time),
      ...(place === undefined
        ? {}
        : {
            o: () => this.link({ to: 'entry', ...place, focus: true }),
            w: () => this.link({ to: 'why', ...place }),
          }),
    };
  }
}

new TimelineView();
