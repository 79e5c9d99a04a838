import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Browser, Locator, Page } from 'playwright-core';
import { inProject } from '../tools/project';
import { startBrowser } from './browser';
import { patience, repeat } from './repeat';
import { addressOf, type Files } from './workspace';

/** How long one attempt waits for the thing that it clicks; the next one looks again. */
export const soon = { timeout: 8_000 };

/** Of a window, in CSS pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Room for all lines of several views at once, so that a test can read them. */
const ROOMY: Size = { width: 1600, height: 2000 };

/** The lines of a text in any order and without their indent: the editor draws them in an order and indents them by rules of its own. */
const words = (lines: readonly string[]) =>
  lines
    .map((line) => line.replaceAll('\u00a0', ' ').trim())
    .filter((line) => line !== '')
    .sort();

/** A window of the real editor, with the gestures that the tests need: each is done again until the editor has taken it. */
export class EditorWindow {
  /** The window that was opened last: failures are pictured and the next test begins in it. */
  static latest: EditorWindow | undefined;

  private showsDebugViews = false;

  private constructor(
    private readonly browser: Browser,
    private current: Page,
    private readonly files: Files | undefined,
    private readonly size: Size,
  ) {}

  /** Opens a window on a fresh folder with these files, the first of them in an editor. */
  static open(files: Files, size = ROOMY): Promise<EditorWindow> {
    return EditorWindow.launch(files, size);
  }

  /** The same, with Run and Debug and our own views in sight. */
  static async openForDebugging(files: Files): Promise<EditorWindow> {
    const window = await EditorWindow.open(files);
    await window.showDebugViews();
    return window;
  }

  /** Opens a window without a folder. */
  static openEmpty(): Promise<EditorWindow> {
    return EditorWindow.launch(undefined, ROOMY);
  }

  private static async launch(files: Files | undefined, size: Size): Promise<EditorWindow> {
    const browser = await startBrowser();
    const window = new EditorWindow(browser, await browser.newPage({ viewport: size }), files, size);
    EditorWindow.latest = window;
    await window.load();
    return window;
  }

  get page(): Page {
    return this.current;
  }

  /** The name of the file that is open in the beginning. */
  private get first(): string | undefined {
    const [path] = Object.keys(this.files ?? {});
    return path && basename(path);
  }

  private async load(): Promise<void> {
    this.page.setDefaultTimeout(patience);
    await this.page.goto(await addressOf(this.files));
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor();
    if (this.first === undefined) return;
    await this.tab(this.first).waitFor();
    if (this.first.endsWith('.hmm')) await this.language.filter({ hasText: 'HMM' }).waitFor();
  }

  close(): Promise<void> {
    return this.browser.close();
  }

  /** Saves what the window shows as `test-output/NAME.png`. */
  async screenshot(name: string): Promise<void> {
    await mkdir(inProject('test-output'), { recursive: true });
    await this.page.screenshot({ path: inProject('test-output', `${name}.png`) });
  }

  /** As the next test expects the window: no menu, question or notice, no session, no breakpoint. */
  async reset(): Promise<void> {
    await this.dismiss();
    if (await this.session.isVisible()) await this.command('Debug: Stop', () => this.gone(this.session));
    if (await this.pane('Breakpoints').isVisible()) await this.removeBreakpoints();
    if ((await this.notifications.count()) > 0)
      await this.command('Notifications: Clear All Notifications', () => this.gone(this.notifications));
  }

  private async removeBreakpoints(): Promise<void> {
    await this.expandPanes('Breakpoints');
    const icons = this.rows('Breakpoints').locator('.codicon[class*="codicon-debug-breakpoint"]');
    if ((await icons.count()) > 0) await this.command('Remove All Breakpoints', () => this.gone(icons));
  }

  /**
   * A window like this one when it was opened, in its place, where a test has left it in a state that `reset` can't
   * mend: with a folder and a browser's memory of its own, as views remember what they showed.
   */
  async reopen(): Promise<void> {
    await this.page.close();
    this.current = await this.browser.newPage({ viewport: this.size });
    await this.load();
    if (this.showsDebugViews) await this.showDebugViews();
  }

  /** Closes menus and questions. */
  private async dismiss(): Promise<void> {
    const open = this.page.locator('.context-view .monaco-menu, .quick-input-widget').locator('visible=true');
    await repeat(
      'closing menus and questions',
      () => this.page.keyboard.press('Escape'),
      () => this.gone(open),
    );
  }

  private async gone(what: Locator): Promise<boolean> {
    return (await what.count()) === 0 || !(await what.first().isVisible());
  }

  tab(name: string): Locator {
    return this.page.locator('.tabs-container .tab', { hasText: name });
  }

  /** The language that the status bar names. */
  get language(): Locator {
    return this.page.locator('.statusbar-item[id="status.editor.mode"]');
  }

  /** Makes this the whole text of the open editor. */
  async write(text: string): Promise<void> {
    const wanted = words(text.split('\n'));
    const shown = this.page.locator('.monaco-editor .view-line');
    const put = async () => {
      await shown.first().click(soon);
      await this.page.keyboard.press('Control+A');
      await this.page.keyboard.insertText(text);
    };
    await repeat('writing a text', put, async () =>
      isDeepStrictEqual(words(await shown.allTextContents()), wanted),
    );
  }

  /** The box in which a question is answered or a command is named. */
  get question(): Locator {
    return this.page.locator('.quick-input-widget input').first();
  }

  /** The things that a question offers. */
  get choices(): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row');
  }

  /**
   * Runs a command by its title in the command palette, and again until its effect has come and the palette is gone or
   * has become the command's own question.
   */
  async command(title: string, done?: () => Promise<boolean>): Promise<void> {
    const row = this.choices.filter({ hasText: title }).first();
    const left = async () =>
      !(await this.question.isVisible()) || !(await this.question.inputValue()).startsWith('>');
    let chosen = false;
    const choose = async () => {
      chosen = false;
      if (await this.question.isVisible()) await this.page.keyboard.press('Escape');
      await this.page.keyboard.press('F1');
      await this.question.fill(`>${title}`, soon);
      await row.click(soon);
      chosen = true;
    };
    await repeat(title, choose, async () => (await left()) && (done ? done() : chosen));
  }

  /** Answers the question that stands, which has to begin with this value where one is given. */
  async answer(text: string): Promise<void> {
    await this.question.waitFor();
    const write = async () => {
      await this.question.fill(text, soon);
      await this.page.keyboard.press('Enter');
    };
    await repeat(`the answer ${text}`, write, () => this.gone(this.question));
  }

  /** Chooses one of the things that a question offers. */
  async choose(text: string | RegExp): Promise<void> {
    const row = this.choices.filter({ hasText: text }).first();
    await row.waitFor();
    await repeat(
      `choosing ${text}`,
      () => row.click(soon),
      () => this.gone(row),
    );
  }

  /** Opens the menu of a row and uses an entry. */
  async fromMenu(row: Locator, entry: string): Promise<void> {
    const item = this.page.locator('.context-view .action-label', { hasText: entry });
    await repeat(
      `the menu with ${entry}`,
      () => row.click({ button: 'right', ...soon }),
      () => item.isVisible(),
    );
    await repeat(
      entry,
      () => item.click(soon),
      () => this.gone(item),
    );
  }

  /** Uses one of the buttons that a row shows while the mouse is on it; `done` tells that it was taken. */
  async rowAction(row: Locator, label: string, done: () => Promise<boolean>): Promise<void> {
    await repeat(label, () => this.pressInRow(row, label), done);
  }

  /** Presses one of those buttons once. */
  async pressInRow(row: Locator, label: string): Promise<void> {
    await row.hover(soon);
    // Behind the name stands the key, where there is one.
    await row.locator(`.action-label[aria-label^="${label}"]`).click(soon);
  }

  /** Checks or unchecks a box. */
  async setChecked(box: Locator, checked: boolean): Promise<void> {
    await repeat(
      `${checked ? 'checking' : 'unchecking'} a box`,
      () => box.click(soon),
      async () => (await box.isChecked(soon)) === checked,
    );
  }

  /** Brings the Run and Debug side bar and our own views into sight. */
  async showDebugViews(): Promise<void> {
    const debug = this.page.locator('.part.sidebar .title-label', { hasText: /run and debug/i });
    await this.command('View: Show Run and Debug', () => debug.isVisible());
    await this.command('HMM: Focus on Callbacks View', () => this.pane('Callbacks').isVisible());
    this.showsDebugViews = true;
  }

  /** Brings one of our views in the panel into sight. */
  async showInPanel(title: string): Promise<void> {
    const header = this.page.locator(`.part.panel .pane-header[aria-label^="${title}"]`);
    const isOpen = async () => (await header.getAttribute('aria-expanded', soon)) === 'true';
    await this.command(`HMM: Focus on ${title} View`, isOpen);
  }

  /** A view of the side bar, by its title. */
  pane(title: string): Locator {
    const header = this.page.locator(`.pane-header[aria-label^="${title}"]`);
    return this.page.locator('.pane', { has: header });
  }

  /** Opens views that are collapsed. */
  async expandPanes(...titles: string[]): Promise<void> {
    for (const title of titles) await this.setExpanded(this.pane(title).locator('.pane-header'), true);
  }

  /** Collapses views, so that the others have the room to show all of their lines. */
  async collapsePanes(...titles: string[]): Promise<void> {
    for (const title of titles) await this.setExpanded(this.pane(title).locator('.pane-header'), false);
  }

  /** The rows of a view, or those that contain a text. */
  rows(title: string, text?: string | RegExp): Locator {
    const rows = this.pane(title).locator('.monaco-list-row');
    return text === undefined ? rows : rows.filter({ hasText: text });
  }

  /** Adds a function breakpoint by its name, with the button of Breakpoints. */
  async addFunctionBreakpoint(name: string): Promise<void> {
    const pane = this.pane('Breakpoints');
    const input = pane.locator('.monaco-inputbox input');
    const write = async () => {
      if (!(await input.isVisible())) {
        await pane.locator('.pane-header').hover(soon);
        await pane.locator('.action-label[aria-label*="Add Function Breakpoint"]').click(soon);
      }
      await input.fill(name, soon);
      await input.press('Enter', soon);
    };
    const added = this.rows('Breakpoints', name).and(this.page.locator(':not(:has(input.input))'));
    await repeat(`a function breakpoint ${name}`, write, () => added.isVisible());
  }

  /** Expands a row of a tree. */
  async expand(row: Locator): Promise<void> {
    await row.waitFor();
    await this.setExpanded(row, true, row.locator('.monaco-tl-twistie'));
  }

  private async setExpanded(what: Locator, expanded: boolean, handle: Locator = what): Promise<void> {
    await repeat(
      `${expanded ? 'expanding' : 'collapsing'} ${what}`,
      () => handle.click(soon),
      async () => (await what.getAttribute('aria-expanded', soon)) === String(expanded),
    );
  }

  /** What is there as long as a session is. */
  get session(): Locator {
    return this.toolbar('debug-stop');
  }

  /** Presses F5 in the editor. */
  async startDebugging(): Promise<void> {
    const press = async () => {
      // A session that stops in a routine opens its listing, in which F5 means something else.
      await this.tab(this.first ?? '').click(soon);
      await this.page.locator('.monaco-editor .view-line').first().click(soon);
      await this.page.keyboard.press('F5');
    };
    await repeat('F5', press, () => this.session.isVisible());
  }

  /** Presses F5 in the editor, and waits for the first fault of a CPU on a device's page. */
  async startAtFault(): Promise<void> {
    await this.startDebugging();
    await this.rows('Call Stack', 'do_swap_page').waitFor();
  }

  /** Presses F5 in the editor that is active, once it has come up, and touches nothing else. */
  async run(): Promise<void> {
    const lens = this.page.locator('.codelens-decoration a', { hasText: 'Debug' }).first();
    await lens.waitFor();
    await this.page.locator('.monaco-editor .view-line').first().click(soon);
    await repeat(
      'F5',
      () => this.page.keyboard.press('F5'),
      () => this.session.isVisible(),
    );
  }

  /** Where the session is in time, as the status bar says it. */
  get clock(): Locator {
    return this.page.locator('.statusbar-item[id$="hmm.time"]');
  }

  /** The time of the stop: `12` of `time 12 of 90`. */
  async time(): Promise<string> {
    const text = (await this.clock.count()) > 0 ? await this.clock.textContent(soon) : '';
    return /time (\d+)/.exec(text ?? '')?.[1] ?? '';
  }

  /** A button of the debug toolbar, by its icon, such as `debug-step-back`. */
  toolbar(icon: string): Locator {
    return this.page.locator(`.part.sidebar .title-actions .codicon-${icon}`);
  }

  /** Moves in time with a button of the debug toolbar: until the clock shows another time. */
  async move(icon: string): Promise<void> {
    const before = await this.time();
    await repeat(
      icon,
      () => this.toolbar(icon).click(soon),
      async () => ![before, ''].includes(await this.time()),
    );
  }

  /** Continues at the end of the run, which ends the session. */
  async continueAtTheEnd(): Promise<void> {
    await repeat(
      'continuing at the end',
      () => this.toolbar('debug-continue').click(soon),
      () => this.gone(this.session),
    );
  }

  /** Goes to a time. */
  async seek(time: string): Promise<void> {
    await this.command('HMM: Seek to Time');
    await this.answer(time);
  }

  /** The text of the notifications that are shown. */
  get notifications(): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item-message');
  }

  /** A line of the Debug Console. */
  consoleLine(text: string | RegExp): Locator {
    return this.page.locator('.repl .monaco-list-row', { hasText: text }).first();
  }
}
