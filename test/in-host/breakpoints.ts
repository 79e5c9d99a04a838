import assert from 'node:assert/strict';
import { afterEach, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { extension, until } from './editor';

const clear = (): void => vscode.debug.removeBreakpoints(vscode.debug.breakpoints);

describe('Callbacks', () => {
  before(extension);
  afterEach(clear);

  const row = async (name: string): Promise<vscode.TreeItem> => {
    const { trees } = (await extension()).exports;
    const tree = trees['hmm.callbacks'];
    assert(tree);
    const elements = (await tree.getChildren(undefined)) ?? [];
    const items = await Promise.all(elements.map((element) => tree.getTreeItem(element)));
    const found = items.find(({ label }) => label === name);
    assert(found, `${name} is not in Callbacks`);
    return found;
  };
  const isChecked = async (name: string): Promise<boolean> => {
    const { checkboxState } = await row(name);
    assert(typeof checkboxState === 'object');
    return checkboxState.state === vscode.TreeItemCheckboxState.Checked;
  };

  it('a function breakpoint by any of its names checks the box', async () => {
    assert.equal(await isChecked('page_free'), false);
    vscode.debug.addBreakpoints([new vscode.FunctionBreakpoint('folio_free')]);
    await until(async () => (await isChecked('page_free')) || undefined);
    clear();
    await until(async () => ((await isChecked('page_free')) ? undefined : true));
  });

  it('a log message is shown', async () => {
    vscode.debug.addBreakpoints([
      new vscode.FunctionBreakpoint('page_free', true, undefined, undefined, 'freed at {time}'),
    ]);
    await until(
      async () => String((await row('page_free')).description).includes('logs freed at') || undefined,
    );
  });

  it('a condition is shown', async () => {
    vscode.debug.addBreakpoints([new vscode.FunctionBreakpoint('invalidate', true, 'address in buf[0..4]')]);
    const shown = await until(async () => {
      const { description } = await row('invalidate');
      return typeof description === 'string' && description !== '' ? description : undefined;
    });
    assert.match(shown, /if address in buf\[0\.\.4\]/);
  });
});
