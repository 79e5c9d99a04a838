/** The folder that a window of the editor is opened on. */

import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import { windowAddress } from '../tools/editor-server';

/** Files of a folder by their paths in it, the first of which is opened. */
export type Files = Readonly<Record<string, string>>;

/** Writes the files into a fresh folder: the address of a window on it, with the first of them open. */
export async function addressOf(files: Files | undefined): Promise<string> {
  const { origin, folder: parent } = inject('editor');
  if (files === undefined) return windowAddress(origin);
  const folder = await mkdtemp(join(parent, 'ws-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const [first] = Object.keys(files);
  return windowAddress(origin, folder, first && join(folder, first));
}
