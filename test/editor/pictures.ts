/** Makes the README's picture and those of the walkthrough from the real editor, in the colours of the theme that they stand in. */

import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Locator } from 'playwright-core';
import sharp from 'sharp';
import { afterEach, describe, expect, test } from 'vitest';
import { inProject } from '../tools/project';
import { EditorWindow, type Size, soon } from './editor-window';
import { Picture } from './picture';
import { repeat } from './repeat';

/** A common window, and the widths in CSS pixels of the side bars in it. */
const SIZE: Size = { width: 1500, height: 900 };
const VIEWS_WIDTH = 400;

const name = 'page-comes-home.hmm';
const scenario = readFileSync(inProject('scenarios', name), 'utf8');

const THEMES = { dark: 'Default Dark Modern', light: 'Default Light Modern' } as const;
type Theme = keyof typeof THEMES;

/** A plain title, and no blinking cursor that every picture would show in another state. */
const settings = (theme: Theme) =>
  JSON.stringify({
    'workbench.colorTheme': THEMES[theme],
    'window.commandCenter': false,
    'window.title': 'HMM Trace Debugger',
    'workbench.layoutControl.enabled': false,
    'editor.cursorBlinking': 'solid',
  });

let window: EditorWindow;
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await window.screenshot(`failed-picture-${task.name}`);
  await window.close();
});

async function open(theme: Theme): Promise<void> {
  window = await EditorWindow.open({ [name]: scenario, '.vscode/settings.json': settings(theme) }, SIZE);
}

/** Saves a part of the window, without one all of it, with as many colours as a PNG of 8 bits has. */
async function picture(file: string, part?: Locator): Promise<void> {
  const path = inProject('media', `${file}.png`);
  await mouseAway();
  await window.page
    .locator('.monaco-hover, .workbench-hover')
    .locator('visible=true')
    .first()
    .waitFor({ state: 'detached' });
  await mkdir(dirname(path), { recursive: true });
  const taken = part === undefined ? await window.page.screenshot() : await part.screenshot();
  await sharp(taken).png({ palette: true, effort: 10, compressionLevel: 9 }).toFile(path);
}

const part = (selector: string): Locator => window.page.locator(selector).first();
const views = () => part('.part.auxiliarybar');

/** The handle between the editor and the views. */
async function handleOfViews(): Promise<{ x: number; y: number }> {
  const edge = (await views().boundingBox())?.x ?? 0;
  const all = await window.page.locator('.monaco-sash.vertical').all();
  const boxes = await Promise.all(all.map((sash) => sash.boundingBox()));
  const middles = boxes.flatMap((box) =>
    box === null ? [] : [{ x: box.x + box.width / 2, y: box.y + box.height / 2 }],
  );
  const [nearest] = middles.sort((a, b) => Math.abs(a.x - edge) - Math.abs(b.x - edge));
  if (nearest === undefined) throw new Error('Nothing divides the editor and the views.');
  return nearest;
}

/** Gives the views beside the editor the width that a user gives them who wants to read all of it. */
async function widen(): Promise<void> {
  const { mouse } = window.page;
  const drag = async () => {
    const { x, y } = await handleOfViews();
    await mouse.move(x, y);
    await mouse.down();
    await mouse.move(SIZE.width - VIEWS_WIDTH, y, { steps: 10 });
    await mouse.up();
  };
  const width = async () => (await views().boundingBox())?.width ?? 0;
  await repeat('a wider side bar', drag, async () => Math.abs((await width()) - VIEWS_WIDTH) < 30);
}

/** Nothing that the mouse points at stands in a picture. */
const mouseAway = () => window.page.mouse.move(SIZE.width / 2, SIZE.height - 5);

async function firstStop(theme: Theme): Promise<void> {
  await open(theme);
  await window.run();
  await window.rows('Call Stack', 'do_swap_page').waitFor();
  await widen();
  await window
    .rows('Page Tables', /buf\[2\]/)
    .filter({ hasText: 'fault pending' })
    .waitFor();
  const { body: map } = await Picture.of(window, 'address-map');
  await map.getByText('gpu0 rw: 4 pages').first().waitFor();
  await window.collapsePanes('Watch', 'Breakpoints', 'Loaded Scripts');
}

describe.each(['dark', 'light'] as const)('in a %s editor', (theme) => {
  const step = (file: string) => `walkthrough/${file}-${theme}`;

  test('the first stop', async () => {
    await firstStop(theme);
    if (theme === 'dark') await picture('session');
    await picture(step('run'), part('.part.editor'));
    await picture(step('look'), views());
  });

  test('the moments to go to', async () => {
    await firstStop(theme);
    await repeat(
      'the clock',
      () => window.clock.click(soon),
      () => window.choices.first().isVisible(),
    );
    await picture(step('time'), part('.quick-input-widget'));
  });

  test('the examples to choose from', async () => {
    await open(theme);
    const first = window.choices.filter({ hasText: 'page-comes-home' }).first();
    await window.command('HMM: Open Example', () => first.isVisible());
    await picture(step('examples'), part('.quick-input-widget'));
  });

  test('a scenario being written', async () => {
    await open(theme);
    const line = window.page.locator('.monaco-editor .view-line', { hasText: 'expect gpu0.used == 3' });
    const suggestion = window.page.locator('.suggest-widget.visible .monaco-list-row').first();
    const type = async () => {
      await line.first().click(soon);
      await window.page.keyboard.press('End');
      await window.page.keyboard.press('Enter');
      await window.page.keyboard.type('expect buf[2].page.');
    };
    await repeat('typing', type, () => suggestion.isVisible());
    expect(
      await window.page.locator('.view-line', { hasText: 'expect buf[2].page.' }).count(),
    ).toBeGreaterThan(0);
    await picture(step('write'), part('.part.editor'));
  });
});
