import * as vscode from 'vscode';
import type { Bookmark, BookmarkList } from './bookmark-list';
import { command } from './command';
import type { Sessions } from './session';

/** The bookmarks of the scenario that is being debugged. */
export class Bookmarks {
  constructor(
    private readonly sessions: Sessions,
    private readonly list: BookmarkList,
  ) {}

  private get program(): string {
    const program: unknown = this.sessions.active?.configuration['program'];
    if (typeof program !== 'string') throw new Error('No scenario is being debugged.');
    return program;
  }

  get all(): readonly Bookmark[] {
    return this.list.of(this.program);
  }

  async remove(time: number): Promise<void> {
    await this.list.remove(this.program, time);
  }

  /** Asks for a note, and marks the time at which the session stands. */
  async add(): Promise<void> {
    const { program } = this;
    const { time } = await this.sessions.request('hmm/position', {});
    const value = this.list.of(program).find((bookmark) => bookmark.time === time)?.note;
    const note = await vscode.window.showInputBox({
      title: `Bookmark at Time ${time}`,
      prompt: 'A note; it is kept with the scenario in this workspace',
      ...(value === undefined ? {} : { value }),
    });
    if (note !== undefined) await this.list.add(program, { time, note: note.trim() });
  }
}

export const registerBookmarks = (bookmarks: Bookmarks): vscode.Disposable =>
  command('hmm.addBookmark', () => bookmarks.add());
