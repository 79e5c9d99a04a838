import { setTimeout as sleep } from 'node:timers/promises';
import type { Locator } from 'playwright-core';
import { type EditorWindow, soon } from './editor-window';
import { patience, repeat } from './repeat';

/** A picture in its webview. */
export class Picture {
  private constructor(
    private readonly window: EditorWindow,
    /** Of its page. */
    readonly body: Locator,
  ) {}

  /** The picture of that name, as soon as it is there. */
  static async of(window: EditorWindow, name: string): Promise<Picture> {
    for (const end = Date.now() + patience; Date.now() < end; await sleep(100))
      for (const frame of window.page.frames()) {
        const body = frame.locator(`body[data-picture="${name}"]`);
        // A frame that has just gone has no picture.
        if ((await body.count().catch(() => 0)) > 0) return new Picture(window, body);
      }
    throw new Error(`There is no picture ${name}.`);
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
