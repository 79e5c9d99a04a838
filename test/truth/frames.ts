/**
 * Frames compare as a one-to-one mapping between the record's names and the engine's pages, never by number.
 * `D` names hold for the whole program. `R` names hold while a page of the program maps the frame: after that the
 * allocator may hand the same frame out again, under a new name. A file's page keeps its name as long as the file.
 */

/** What the other side has where the two don't fit: in words. */
export type Mismatch = { readonly kernel: string; readonly engine: string } | undefined;

export class FrameMap {
  readonly #page = new Map<string, number>();
  readonly #name = new Map<number, string>();
  #mapped: ReadonlySet<string> = new Set();
  readonly #files = new Set<string>();

  /** Begins an operation's state: `mapped` are the R names of its rows; other anonymous ones have ended. */
  begin(mapped: ReadonlySet<string>, files: Iterable<string>): void {
    this.#mapped = mapped;
    for (const name of files) this.#files.add(name);
    for (const name of this.#page.keys())
      if (name.startsWith('R') && !mapped.has(name) && !this.#files.has(name)) this.#page.delete(name);
  }

  /** Whether the name and the page can be the same frame; remembers that they are. */
  match(name: string, page: number): Mismatch {
    const known = this.#page.get(name);
    const other = this.#name.get(page);
    if (known === page && other === name) return undefined;
    if (known !== undefined && known !== page)
      return { kernel: `${name}, the frame it was before`, engine: `another one: ${this.#show(page)}` };
    if (other !== undefined && other !== name && this.#alive(other, page))
      return { kernel: `${name}, not ${other}`, engine: `one frame for both` };
    this.#page.set(name, page);
    this.#name.set(page, name);
    return undefined;
  }

  #alive(name: string, page: number): boolean {
    return this.#page.get(name) === page && (name.startsWith('D') || this.#mapped.has(name));
  }

  /** The record's name of an engine's page, for a person. */
  #show(page: number): string {
    const name = this.#name.get(page);
    return name !== undefined && this.#page.get(name) === page ? name : 'one that had no name';
  }

  nameOf(page: number): string {
    return this.#show(page);
  }
}
