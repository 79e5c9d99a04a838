/** What every picture does: it asks for what fits, shows the answer, and says what the pointer or the keyboard is on. */

import type { FromPicture, PictureLink, SavedFile, SavedPart, ToPicture } from '../../protocol/picture';
import { csvOf } from './csv';
import { Host } from './host';
import { element } from './page';

/** What a key does; keys without an entry are left to the editor. */
export type Keys = Readonly<Record<string, () => void>>;

export abstract class Picture<Args, Answer, Kept> {
  readonly #host = new Host<ToPicture<Answer>, FromPicture<Args>, Kept>((message) => this.#receive(message));
  /** What is drawn, and has the keyboard. */
  protected readonly picture = element('picture');
  protected readonly box = element('box');
  protected answer: Answer | undefined;
  /** What the view keeps while it is hidden. */
  protected kept: Kept;
  readonly #line = element('line');
  readonly #message = element('message');

  constructor(fresh: Kept) {
    this.kept = this.#host.state ?? fresh;
    this.picture.addEventListener('keydown', (event) => this.#key(event));
    // Once the constructors of the picture itself are through.
    queueMicrotask(() => {
      new ResizeObserver(() => this.#resized()).observe(this.box);
      new MutationObserver(() => this.redraw()).observe(document.body, { attributeFilter: ['class'] });
    });
  }

  /** What to ask for in a view of this size. */
  protected abstract argsFor(width: number, height: number): Args;
  /** A new answer is there. */
  protected abstract shown(answer: Answer): void;
  /** The picture as a file. */
  protected abstract image(): SavedFile;
  protected abstract draw(answer: Answer, width: number, height: number): void;
  /** The picture as a table, its names of columns first. */
  protected abstract table(answer: Answer): readonly (readonly string[])[];
  protected abstract keys(answer: Answer): Keys;

  /** Asks for another part, which is kept. */
  protected ask(kept: Kept): void {
    this.kept = kept;
    this.#host.keep(kept);
    const { clientWidth, clientHeight } = this.box;
    if (clientWidth > 0) this.#host.send({ type: 'ask', args: this.argsFor(clientWidth, clientHeight) });
  }

  protected link(link: PictureLink): void {
    this.#host.send({ type: 'link', link });
  }

  /** Says something in the line below the picture, which screen readers read. */
  protected say(text: string): void {
    this.#line.textContent = text;
  }

  protected redraw(): void {
    const { clientWidth, clientHeight } = this.box;
    if (this.answer !== undefined && clientWidth > 0) this.draw(this.answer, clientWidth, clientHeight);
  }

  #receive(message: ToPicture<Answer>): void {
    if (message.type === 'save') {
      this.#save(message.what);
      return;
    }
    if (message.type !== 'answer') {
      this.#message.textContent = message.text;
      if (message.type === 'nothing') document.body.classList.toggle('old', this.answer !== undefined);
      return;
    }
    this.answer = message.answer;
    this.#message.textContent = '';
    document.body.classList.remove('old');
    this.shown(message.answer);
  }

  #save(what: SavedPart): void {
    if (this.answer === undefined) return;
    const file: SavedFile =
      what === 'table' ? { kind: 'csv', base64: csvOf(this.table(this.answer)) } : this.image();
    this.#host.send({ type: 'file', file });
  }

  #resized(): void {
    this.ask(this.kept);
    this.redraw();
  }

  #key(event: KeyboardEvent): void {
    if (this.answer === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = this.keys(this.answer)[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }
}
