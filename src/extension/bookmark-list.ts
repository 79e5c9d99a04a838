/** A moment of a scenario's run that someone has marked. */
export interface Bookmark {
  readonly time: number;
  readonly note: string;
}

/** What keeps values between sessions; `undefined` removes one. */
interface Memory {
  get<T>(key: string): T | undefined;
  update(key: string, value: unknown): Thenable<void>;
}

/** Bookmarks of each scenario, by the path of its file, in the order of time. */
export class BookmarkList {
  constructor(private readonly memory: Memory) {}

  of(program: string): readonly Bookmark[] {
    return this.memory.get<Bookmark[]>(keyOf(program)) ?? [];
  }

  /** Adds one; of two at one time the later note stays. */
  async add(program: string, bookmark: Bookmark): Promise<void> {
    const others = this.of(program).filter(({ time }) => time !== bookmark.time);
    await this.put(program, [...others, bookmark]);
  }

  async remove(program: string, time: number): Promise<void> {
    const others = this.of(program).filter((bookmark) => bookmark.time !== time);
    await this.put(program, others);
  }

  private async put(program: string, list: readonly Bookmark[]): Promise<void> {
    const sorted = [...list].sort((a, b) => a.time - b.time);
    await this.memory.update(keyOf(program), sorted.length === 0 ? undefined : sorted);
  }
}

const keyOf = (program: string): string => `hmm.bookmarks:${program}`;
