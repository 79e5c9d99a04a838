/** A picture of boxes and arrows: few things, so it is drawn as SVG. */

import type { Diagram, DiagramBox, DiagramStage } from '../../../protocol/diagram';
import type { SavedFile } from '../../../protocol/picture';
import { base64Of } from '../base64';
import { element, fillRows } from '../page';
import { type Keys, Picture } from '../picture';
import { Theme } from '../theme';
import { DiagramDrawing } from './draw';

/** Boxes that are asked for: more could not be read. */
const MOST = 100;
/** Where the keyboard goes: a direction of the picture. */
type Direction = readonly [x: number, y: number];

const MARKS: Record<DiagramStage['state'], string> = { done: '✓', open: '○', refused: '✗' };

/** Each box with what it leads to, the names of the columns first. */
function boxRows({ boxes, arrows }: Diagram): readonly (readonly string[])[] {
  const titles = new Map(boxes.map(({ id, title }) => [id, title]));
  const rows = boxes.map(({ id, title, lines }) => {
    const leads = arrows.filter(({ from }) => from === id);
    return [title, lines.join('; '), leads.map(({ label, to }) => `${label} ${titles.get(to)}`).join('; ')];
  });
  return [['what', 'how it is', 'leads to'], ...rows];
}

export class DiagramView<Answer extends Diagram = Diagram> extends Picture<
  { most: number },
  Answer,
  Record<string, never>
> {
  readonly #summary = element('summary');
  readonly #stages = element<HTMLOListElement>('stages');
  readonly #table = element<HTMLTableSectionElement>('rows');
  #drawing: DiagramDrawing | undefined;
  #selected: string | undefined;

  constructor() {
    super({});
    this.picture.addEventListener('click', (event) => this.#click(event, false));
    this.picture.addEventListener('dblclick', (event) => this.#click(event, true));
  }

  protected argsFor(): { most: number } {
    return { most: MOST };
  }

  protected shown(diagram: Answer): void {
    this.#summary.textContent = diagram.summary;
    this.picture.hidden = diagram.boxes.length === 0;
    this.#stages.replaceChildren(...diagram.stages.map((stage) => this.#stage(stage)));
    fillRows(this.#table, boxRows(diagram).slice(1));
    this.redraw();
    this.#tell();
  }

  /** A stage; one that has its time leads there. */
  #stage({ name, state, time, why }: DiagramStage): HTMLLIElement {
    const item = document.createElement('li');
    item.className = state;
    const text = `${MARKS[state]} ${name}`;
    if (time === undefined) item.textContent = text;
    else {
      const button = document.createElement('button');
      button.textContent = text;
      button.title = `${state === 'done' ? 'done' : 'refused'} at time ${time}: go there`;
      button.addEventListener('click', () => this.link({ to: 'time', time }));
      item.append(button);
    }
    if (why !== undefined) item.append(` ${why}`);
    return item;
  }

  protected draw(diagram: Answer, width: number, height: number): void {
    this.#drawing = new DiagramDrawing(diagram, new Theme(), { width, height });
    this.picture.replaceChildren(this.#svg(this.#index()));
  }

  #svg(selected: number | undefined): SVGSVGElement {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
    this.#drawing?.draw(svg, selected);
    return svg;
  }

  protected image(): SavedFile {
    return { kind: 'svg', base64: base64Of(this.#svg(undefined).outerHTML) };
  }

  protected table(diagram: Answer): readonly (readonly string[])[] {
    return boxRows(diagram);
  }

  #index(): number | undefined {
    const index = this.answer?.boxes.findIndex(({ id }) => id === this.#selected) ?? -1;
    return index < 0 ? undefined : index;
  }

  #select(index: number | undefined): void {
    if (index === undefined) return;
    this.#selected = this.answer?.boxes[index]?.id;
    this.redraw();
    this.#tell();
  }

  #box(): DiagramBox | undefined {
    return this.answer?.boxes[this.#index() ?? -1];
  }

  #tell(): void {
    const index = this.#index();
    const row = index === undefined || this.answer === undefined ? [] : boxRows(this.answer)[index + 1];
    this.say((row ?? []).filter((text) => text !== '').join(' · '));
  }

  #click(event: MouseEvent, follow: boolean): void {
    const box = event.target instanceof Element ? event.target.closest('[data-box]') : null;
    if (box === null) return;
    this.#select(Number(box.getAttribute('data-box')));
    if (follow) this.#follow();
  }

  #follow(): void {
    const link = this.#box()?.link;
    if (link !== undefined) this.link('focus' in link ? { ...link, focus: true } : link);
  }

  /** To the nearest box in a direction: what lies aside counts double. */
  #go([dx, dy]: Direction): void {
    const places = this.#drawing?.arranged.boxes ?? [];
    const from = places[this.#index() ?? -1];
    if (from === undefined) {
      this.#select(0);
      return;
    }
    let best: number | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [i, { x, y }] of places.entries()) {
      const ahead = (x - from.x) * dx + (y - from.y) * dy;
      const aside = Math.abs((x - from.x) * dy) + Math.abs((y - from.y) * dx);
      if (ahead <= 0 || ahead + 2 * aside >= least) continue;
      best = i;
      least = ahead + 2 * aside;
    }
    this.#select(best);
  }

  protected keys({ boxes }: Answer): Keys {
    return {
      ArrowRight: () => this.#go([1, 0]),
      ArrowLeft: () => this.#go([-1, 0]),
      ArrowDown: () => this.#go([0, 1]),
      ArrowUp: () => this.#go([0, -1]),
      Home: () => this.#select(0),
      End: () => this.#select(boxes.length - 1),
      Enter: () => this.#follow(),
    };
  }
}
