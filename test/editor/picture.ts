import type { Locator } from 'playwright-core';
import { type EditorWindow, soon } from './editor-window';
import { repeat } from './repeat';

/** A picture in its webview. */
export class Picture {
  private constructor(
    private readonly window: EditorWindow,
    /** Of its page. */
    readonly body: Locator,
  ) {}

  /** The picture of that name, as soon as it is there. */
  static async of(window: EditorWindow, name: string): Promise<Picture> {
    let found: Locator | undefined;
    const look = async () => {
      for (const frame of window.page.frames()) {
        const body = frame.locator(`body[data-picture="${name}"]`);
        if ((await body.count()) > 0) found = body;
      }
    };
    await repeat(`the picture ${name}`, look, async () => found !== undefined);
    if (found === undefined) throw new Error(`There is no picture ${name}.`);
    return new Picture(window, found);
  }

  /** What it says of what the pointer or the keyboard is on. */
  async line(): Promise<string> {
    return (await this.body.locator('#line').textContent(soon)) ?? '';
  }

  /** The rows of the table that says the same. */
  rows(): Promise<string[]> {
    return this.body.locator('#rows tr').allTextContents();
  }

  /** Presses keys, and again until their effect is there: a view that is drawn anew takes the focus away. */
  async press(keys: readonly string[], done: () => Promise<boolean>): Promise<void> {
    const press = async () => {
      await this.body.locator('#picture').focus(soon);
      for (const key of keys) await this.window.page.keyboard.press(key);
    };
    await repeat(`the keys ${keys.join(' ')}`, press, done);
  }

  /** Presses keys until what it says begins like this. */
  pressUntil(keys: readonly string[], said: RegExp): Promise<void> {
    return this.press(keys, async () => (await this.line()).search(said) === 0);
  }
}
