import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { inject } from 'vitest';
import { windowAddress } from '../tools/editor-server';
import { inProject } from '../tools/project';

/** Tries again what fails while the window is still loading. */
async function eventually(attempt: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === 8) throw error;
    }
  }
}

/** A window of the real editor, with the gestures that the tests need. */
export class EditorWindow {
  /** The window that was opened last, for pictures of failures. */
  static latest: EditorWindow | undefined;

  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
    readonly folder: string,
  ) {}

  /** Opens a window on a fresh folder with these files, the first of them in an editor. */
  static async open(files: Readonly<Record<string, string>>): Promise<EditorWindow> {
    const { origin, folder: parent } = inject('editor');
    const folder = await mkdtemp(join(parent, 'ws-'));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    const [first] = Object.keys(files);
    const window = await EditorWindow.launch(folder);
    const file = first === undefined ? undefined : join(folder, first);
    await window.page.goto(windowAddress(origin, folder, file));
    if (file !== undefined) await window.tab(basename(file)).waitFor();
    return window;
  }

  /** Opens a window without a folder. */
  static async openEmpty(): Promise<EditorWindow> {
    const { origin, folder } = inject('editor');
    const window = await EditorWindow.launch(folder);
    await window.page.goto(windowAddress(origin));
    await window.page.locator('.monaco-workbench .part.statusbar').waitFor();
    return window;
  }

  private static async launch(folder: string): Promise<EditorWindow> {
    const { browser: executablePath, folder: home } = inject('editor');
    const env = { ...process.env, HOME: home, TMPDIR: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
    const browser = await chromium.launch({ executablePath, env, args: ['--no-sandbox'] });
    const page = await browser.newPage({ viewport: { width: 1600, height: 2000 } });
    page.setDefaultTimeout(30_000);
    EditorWindow.latest = new EditorWindow(browser, page, folder);
    return EditorWindow.latest;
  }

  close(): Promise<void> {
    return this.browser.close();
  }

  /** Saves what the window shows as `test-output/NAME.png`. */
  async screenshot(name: string): Promise<void> {
    await mkdir(inProject('test-output'), { recursive: true });
    await this.page.screenshot({ path: inProject('test-output', `${name}.png`) });
  }

  tab(name: string): Locator {
    return this.page.locator('.tabs-container .tab', { hasText: name });
  }

  /** The language that the status bar names. */
  get language(): Locator {
    return this.page.locator('.statusbar-item[id="status.editor.mode"]');
  }

  /** Runs a command by its title in the command palette. */
  async command(title: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input').first();
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    await eventually(async () => {
      await this.page.keyboard.press('Escape');
      await this.page.keyboard.press('F1');
      await input.fill(`>${title}`, { timeout: 2000 });
      await row.waitFor({ timeout: 4000 });
    });
    await this.page.keyboard.press('Enter');
  }

  /** Brings the Run and Debug side bar and our own views into sight. */
  async showDebugViews(): Promise<void> {
    await this.command('View: Show Run and Debug');
    await this.command('View: Show HMM');
    await this.pane('Callbacks').waitFor();
  }

  /** A view of the side bar, by its title. */
  pane(title: string): Locator {
    const header = this.page.locator(`.pane-header[aria-label^="${title}"]`);
    return this.page.locator('.pane', { has: header });
  }

  /** Opens a view that is collapsed. */
  async expandPane(title: string): Promise<void> {
    const header = this.pane(title).locator('.pane-header');
    if ((await header.getAttribute('aria-expanded')) === 'false') await header.click();
  }

  /** Collapses views, so that the others have the room to show all of their lines. */
  async collapsePanes(...titles: string[]): Promise<void> {
    for (const title of titles) {
      const header = this.pane(title).locator('.pane-header');
      if ((await header.getAttribute('aria-expanded')) === 'true') await header.click();
    }
  }

  /** The rows of a view, or those that contain a text. */
  rows(title: string, text?: string | RegExp): Locator {
    const rows = this.pane(title).locator('.monaco-list-row');
    return text === undefined ? rows : rows.filter({ hasText: text });
  }

  /** Expands or collapses a row of a tree. */
  async toggle(row: Locator): Promise<void> {
    await row.locator('.monaco-tl-twistie').click();
  }

  /** Presses F5 in the editor. The extension must be running: before that F5 only shows the side bar. */
  async startDebugging(): Promise<void> {
    await this.page.locator('.monaco-editor .view-line').first().click();
    await this.page.keyboard.press('F5');
    await this.pane('Call Stack').waitFor();
  }

  /** A button of the debug toolbar, by its icon, such as `debug-step-back`. */
  toolbar(icon: string): Locator {
    return this.page.locator(`.part.sidebar .title-actions .codicon-${icon}`);
  }

  /** The text of the notifications that are shown. */
  get notifications(): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item-message');
  }
}
