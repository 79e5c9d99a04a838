/** What the tests inside the extension host share: scenarios on disk, our extension, and waiting for a state. */

import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { Extension } from '../../src/extension/extension';

const ID = 'hmm-trace.hmm-trace-debugger';

/** A scenario in which a page goes to the device, and a read brings it home. */
export const HOME = `profile 6.12
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 64KiB anon rw
    write buf[0] = 0x11
    migrate buf[0] to gpu0
    read buf[0] expect 0x11
}
`;

/** Our extension, running. */
export async function extension(): Promise<vscode.Extension<Extension>> {
  const found = vscode.extensions.getExtension<Extension>(ID);
  assert(found, `${ID} is not installed`);
  await found.activate();
  return found;
}

/** Writes a scenario to a file of its own and opens it in an editor. */
export async function open(text: string, name = 'one.hmm'): Promise<vscode.TextDocument> {
  const file = join(await mkdtemp(join(tmpdir(), 'host-')), name);
  await writeFile(file, text);
  const document = await vscode.workspace.openTextDocument(file);
  await vscode.window.showTextDocument(document);
  return document;
}

/** Waits until a value is there; only the test's own limit ends it. */
export async function until<T>(read: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    await sleep(50);
  }
}

/** The labels of a tree's rows under an element, each with its description. */
export async function rows(id: string, under?: unknown): Promise<{ element: unknown; text: string }[]> {
  const tree = (await extension()).exports.trees[id];
  assert(tree, `there is no tree ${id}`);
  const elements = (await tree.getChildren(under)) ?? [];
  return Promise.all(
    elements.map(async (element) => {
      const { label, description } = await tree.getTreeItem(element);
      return { element, text: `${typeof label === 'string' ? label : label?.label} ${description}` };
    }),
  );
}

/** Ends the session that runs, if one does. */
export async function stopSession(): Promise<void> {
  await vscode.debug.stopDebugging();
  await until(() => (vscode.debug.activeDebugSession === undefined ? true : undefined));
}

/** The place of the first character of a text's first occurrence. */
export function placeOf(document: vscode.TextDocument, text: string): vscode.Position {
  const offset = document.getText().indexOf(text);
  assert(offset >= 0, `${text} is not in the document`);
  return document.positionAt(offset);
}
