/** What somebody does in the first minutes: starts, stops, starts again; reads what a run came to; looks at the device. */

import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { extension, HOME, open, rows, stopSession, until } from './editor';

/** Two of three expectations fail, in lines 8 and 9. */
const FAILING = `profile 6.12
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 64KiB anon rw
    write buf[0] = 0x11
    migrate buf[0] to gpu0
    read buf[0] expect 0x12
    expect buf[0].page.zone == Device
    expect gpu0.used == 0
}
`;

/** The device goes on using a page that has come home. */
const STALE = `profile 6.12
switch driver-keeps-own-entries on
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 4KiB anon rw
    write buf = 0x11
    migrate buf to gpu0
    read buf[0] expect 0x11
    gpu0 write buf = 0x22
}
`;

interface Output {
  category?: string;
  output: string;
  line?: number;
}

/** What sessions have written to the Debug Console since the test began. */
let outputs: Output[] = [];
const tracker: vscode.DebugAdapterTrackerFactory = {
  createDebugAdapterTracker: () => ({
    onDidSendMessage: ({ event, body }: { event?: string; body?: Output }) => {
      if (event === 'output' && body !== undefined) outputs.push(body);
    },
  }),
};

/** What *Debug* above a scenario does. */
async function debugLens(scenario: vscode.Uri): Promise<vscode.Command> {
  const all = 9;
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
    'vscode.executeCodeLensProvider',
    scenario,
    all,
  );
  const debug = lenses.find(({ command }) => command?.title.endsWith('Debug'))?.command;
  assert(debug, 'there is no lens');
  return debug;
}

/** Waits until this scenario stands in a routine, and answers the listing that is shown. */
async function inFaultOf(program: string): Promise<vscode.TextDocument> {
  await until(() => vscode.debug.activeStackItem);
  assert.equal(vscode.debug.activeDebugSession?.configuration['program'], program);
  return until(() => {
    const document = vscode.window.activeTextEditor?.document;
    return document?.uri.scheme === 'hmm-kernel' ? document : undefined;
  });
}

const foundByRun = (uri: vscode.Uri): vscode.Diagnostic[] =>
  vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'hmm run');

describe('the first minutes', () => {
  let tracking: vscode.Disposable;
  before(extension);
  beforeEach(() => {
    outputs = [];
    tracking = vscode.debug.registerDebugAdapterTrackerFactory('hmm', tracker);
  });
  afterEach(async () => {
    tracking.dispose();
    await stopSession();
  });

  for (const from of ['the listing', 'no editor', 'the scenario'])
    it(`the lens starts, and after a stop F5’s command starts the same again, from ${from}`, async () => {
      const scenario = await open(HOME, 'again.hmm');
      const program = scenario.uri.fsPath;
      const lens = await debugLens(scenario.uri);
      await vscode.commands.executeCommand(lens.command, ...(lens.arguments ?? []));
      const listing = await inFaultOf(program);
      await stopSession();
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      if (from === 'the listing') await vscode.window.showTextDocument(listing);
      if (from === 'the scenario') await vscode.window.showTextDocument(scenario.uri);
      await vscode.commands.executeCommand('hmm.debugFile');
      await inFaultOf(program);
    });

  it('after a failing run its failures stand in Problems, and the console ends with the count; the next run clears both', async () => {
    const scenario = await open(FAILING, 'failing.hmm');
    await vscode.commands.executeCommand('hmm.runFile', scenario.uri);
    const problems = await until(() => {
      const found = foundByRun(scenario.uri);
      return found.length > 0 ? found : undefined;
    });
    assert.deepEqual(
      problems.map(({ range, message }) => [range.start.line + 1, message]),
      [
        [8, 'expected 0x12, found 0x11'],
        [9, 'expected buf[0].page.zone == Device, found Normal'],
      ],
    );
    await until(() => vscode.debug.activeDebugSession === undefined || undefined);
    const red = outputs.filter(({ category }) => category === 'stderr').map(({ output }) => output.trim());
    assert.equal(red.at(-1), '2 of 3 expectations failed.');
    const linked = outputs.filter(({ output }) => output.startsWith('line '));
    assert.deepEqual(
      linked.map(({ line }) => line),
      [8, 9],
    );
    await vscode.commands.executeCommand('hmm.debugFile', scenario.uri);
    await until(() => vscode.debug.activeStackItem);
    assert.deepEqual(foundByRun(scenario.uri), []);
  });

  it('Devices shows the mirror of each process, and marks what differs from the table of the CPU', async () => {
    const scenario = await open(STALE, 'stale.hmm');
    await vscode.commands.executeCommand('hmm.debugFile', scenario.uri);
    await until(() => vscode.debug.activeStackItem);
    const [device] = await rows('hmm.devices');
    const mirror = (await rows('hmm.devices', device?.element)).find(({ text }) => text.startsWith('mirror'));
    assert.match(mirror?.text ?? '', /^mirror of app 1 page · ≠ 1 range of the CPU's table/);
    const [run] = await rows('hmm.devices', mirror?.element);
    assert.match(run?.text ?? '', /^buf\[0\] ≠ /);
    await vscode.commands.executeCommand('hmm.tablesBeside', mirror?.element);
    const tables = await until(() =>
      vscode.window.visibleTextEditors.find(({ document }) => document.uri.scheme === 'hmm-tables'),
    );
    assert.match(tables.document.getText(), /page table of app\s+mirror of gpu0\n≠ +buf\[0\]/);
  });
});
