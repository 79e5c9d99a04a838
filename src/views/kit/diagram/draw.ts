/** Draws a diagram as SVG, with the theme's colours as attributes, so that a saved picture is the same everywhere. */

import type {
  Diagram,
  DiagramArrow,
  DiagramArrowKind,
  DiagramBox,
  DiagramBoxKind,
} from '../../../protocol/diagram';
import type { Theme } from '../theme';
import { type Arranged, arrange, type Placed, type Point, type Size } from './arrange';

const NAMESPACE = 'http://www.w3.org/2000/svg';
const TITLE = 13;
const SMALL = 11;
const LINE = 15;
const PADDING = 8;
/** Widths of arrows: of one along which little goes, and of the one with the most. */
const THIN = 1.2;
const THICK = 5;
/** Length of the head of a thin arrow. */
const HEAD = 6;
/** Wider texts are cut off; the line below the picture has them all. */
const WIDEST = 240;

/** What a box stands for, above its title: what the colour says, in a word. */
const CAPTIONS: Record<DiagramBoxKind, string> = {
  task: 'task',
  entry: 'page-table entry',
  memory: 'system memory',
  device: 'device memory',
  lock: 'waited for',
};

function colourOf(theme: Theme, kind: DiagramBoxKind): string {
  switch (kind) {
    case 'task':
      return theme.foreground;
    case 'entry':
      return theme.colour('charts.purple', '#652d90');
    case 'memory':
      return theme.colour('charts.blue', '#1a85ff');
    case 'device':
      return theme.series(0);
    case 'lock':
      return theme.colour('charts.yellow', '#bf8803');
  }
}

const DASHES: Partial<Record<DiagramArrowKind, string>> = { wait: '5 3', maybe: '1 4', next: '8 3' };

/** Titles are bold. */
const weightOf = (size: number): number => (size === TITLE ? 600 : 400);

type Attributes = Readonly<Record<string, string | number>>;

function add(to: Element, name: string, attributes: Attributes, text?: string): SVGElement {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  to.append(made);
  return made;
}

/** Texts as wide as they will be drawn. */
class Ruler {
  readonly #to = document.createElement('canvas').getContext('2d');

  constructor(readonly family: string) {}

  width(text: string, size: number): number {
    if (this.#to === null) return (text.length * size) / 2;
    this.#to.font = `${weightOf(size)} ${size}px ${this.family}`;
    return this.#to.measureText(text).width;
  }

  /** The text, or so much of its beginning as there is room for. */
  cut(text: string, size: number): string {
    if (this.width(text, size) <= WIDEST) return text;
    let length = text.length;
    while (length > 1 && this.width(`${text.slice(0, length)}…`, size) > WIDEST) length--;
    return `${text.slice(0, length)}…`;
  }
}

interface Written {
  readonly title: string;
  readonly caption: string;
  readonly lines: readonly string[];
}

export class DiagramDrawing {
  readonly arranged: Arranged;
  readonly #ruler: Ruler;
  readonly #texts: readonly Written[];

  constructor(
    readonly diagram: Diagram,
    readonly theme: Theme,
    room: Size,
  ) {
    this.#ruler = new Ruler(theme.fontFamily);
    this.#texts = diagram.boxes.map(({ kind, title, lines }) => ({
      caption: CAPTIONS[kind],
      title: this.#ruler.cut(title, TITLE),
      lines: lines.map((line) => this.#ruler.cut(line, SMALL)),
    }));
    const labels = diagram.arrows.map(({ label }) => ({
      width: this.#ruler.width(label, SMALL) + PADDING,
      height: LINE,
    }));
    const sizes = this.#texts.map((texts) => this.#sizeOf(texts));
    this.arranged = arrange(diagram, sizes, labels, room.width < room.height);
  }

  #sizeOf({ title, caption, lines }: Written): Size {
    const small = [caption, ...lines].map((text) => this.#ruler.width(text, SMALL));
    const widest = Math.max(this.#ruler.width(title, TITLE), ...small);
    return { width: Math.ceil(widest) + 2 * PADDING, height: (2 + lines.length) * LINE + 2 * PADDING };
  }

  /** Draws into an empty `svg`; the selected box has a frame. */
  draw(to: SVGSVGElement, selected: number | undefined): void {
    const { width, height } = this.arranged;
    to.setAttribute('viewBox', `0 0 ${width} ${height}`);
    to.setAttribute('width', String(width));
    to.setAttribute('height', String(height));
    to.setAttribute('font-family', this.theme.fontFamily);
    add(to, 'rect', { width, height, fill: this.theme.background });
    for (const [i, arrow] of this.diagram.arrows.entries()) this.#arrow(to, arrow, i);
    for (const [i, box] of this.diagram.boxes.entries()) this.#box(to, box, i, i === selected);
  }

  #box(to: Element, { kind, title, lines }: DiagramBox, index: number, isSelected: boolean): void {
    const { x, y, width, height } = this.#placed(index);
    const { theme } = this;
    const box = add(to, 'g', {
      'data-box': index,
      transform: `translate(${x - width / 2} ${y - height / 2})`,
    });
    add(box, 'title', {}, [title, ...lines].join('\n'));
    const stroke = isSelected ? theme.focus : colourOf(theme, kind);
    const round = kind === 'task' ? 12 : 2;
    const shape = { width, height, rx: round, stroke, 'stroke-width': isSelected ? 3 : 1.5 };
    add(box, 'rect', { ...shape, fill: theme.background });
    // A second line at the side: what is memory of some kind.
    if (kind === 'memory' || kind === 'device')
      add(box, 'rect', { width: 4, height, fill: colourOf(theme, kind) });
    const texts = this.#texts[index];
    if (texts === undefined) return;
    const quiet = theme.colour('descriptionForeground', '#717171');
    this.#text(box, texts.caption, 1, SMALL, quiet);
    this.#text(box, texts.title, 2, TITLE, theme.foreground);
    for (const [i, line] of texts.lines.entries()) this.#text(box, line, 3 + i, SMALL, theme.foreground);
  }

  #text(to: Element, text: string, line: number, size: number, fill: string): void {
    const place = { x: PADDING, y: line * LINE + 2, 'font-size': size, 'font-weight': weightOf(size) };
    add(to, 'text', { ...place, fill }, text);
  }

  #arrow(to: Element, { kind, label, weight }: DiagramArrow, index: number): void {
    const way = this.arranged.arrows[index];
    if (way === undefined) return;
    const stroke = kind === 'circle' ? this.theme.error : this.theme.foreground;
    const dash = DASHES[kind];
    const points = way.points.map(({ x, y }) => `${x},${y}`).join(' ');
    const width = kind === 'circle' ? 2.5 : THIN + (weight ?? 0) * (THICK - THIN);
    const line = { points, fill: 'none', stroke, 'stroke-width': width };
    add(to, 'polyline', dash === undefined ? line : { ...line, 'stroke-dasharray': dash });
    add(to, 'polygon', { points: head(way.points, HEAD + 2 * width), fill: stroke });
    const { x, y } = way.label;
    const room = this.#ruler.width(label, SMALL) + PADDING;
    const back = { x: x - room / 2, y: y - LINE / 2, width: room, height: LINE };
    add(to, 'rect', { ...back, fill: this.theme.background });
    const text = { x, y: y + SMALL / 3, 'font-size': SMALL, 'text-anchor': 'middle', fill: stroke };
    add(to, 'text', text, label);
  }

  #placed(index: number): Placed {
    return this.arranged.boxes[index] ?? { x: 0, y: 0, width: 0, height: 0 };
  }
}

/** The head of an arrow at the end of its way, as a polygon with sides of that length. */
function head(points: readonly Point[], length: number): string {
  const end = points.at(-1) ?? { x: 0, y: 0 };
  const before = points.at(-2) ?? end;
  const angle = Math.atan2(end.y - before.y, end.x - before.x);
  const corner = (turn: number): string =>
    `${end.x - length * Math.cos(angle + turn)},${end.y - length * Math.sin(angle + turn)}`;
  return `${end.x},${end.y} ${corner(0.4)} ${corner(-0.4)}`;
}
