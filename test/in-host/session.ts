import assert from 'node:assert/strict';
import { afterEach, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { extension, HOME, open, rows, stopSession, until } from './editor';

/** Starts a scenario; answers the session once it has stopped. */
async function stopped(text: string): Promise<vscode.DebugSession> {
  const { fsPath } = (await open(text)).uri;
  const configuration = { type: 'hmm', request: 'launch', name: 'test', program: fsPath };
  assert(await vscode.debug.startDebugging(undefined, configuration));
  await until(() => vscode.debug.activeStackItem);
  const session = vscode.debug.activeDebugSession;
  assert(session);
  return session;
}

describe('a session', () => {
  before(extension);
  afterEach(stopSession);

  it('begins at the first page_fault, and the trees show what is there', async () => {
    await stopped(HOME);
    const processes = await rows('hmm.pageTables');
    assert.match(processes[0]?.text ?? '', /^app /);
    const areas = await rows('hmm.pageTables', processes[0]?.element);
    assert(areas.some(({ text }) => text.includes('buf')));
    assert.match((await rows('hmm.pendingFaults'))[0]?.text ?? '', /app: read buf\[0\]/);
    assert.match((await rows('hmm.devices'))[0]?.text ?? '', /^gpu0 .*1 of 16384 pages used/);
    const [node] = await rows('hmm.zones');
    assert((await rows('hmm.zones', node?.element)).some(({ text }) => text.startsWith('Device')));
  });

  it('F5 runs the scenario of the active editor', async () => {
    await open(HOME, 'active.hmm');
    await vscode.commands.executeCommand('workbench.action.debug.start');
    const session = await until(() => vscode.debug.activeDebugSession);
    assert.match(String(session.configuration['program']), /active\.hmm$/);
    await until(() => vscode.debug.activeStackItem);
  });

  it('a configuration without a scenario starts nothing', async () => {
    const configuration = { type: 'hmm', request: 'launch', name: 'test', program: '/nowhere/missing.hmm' };
    assert.equal(await vscode.debug.startDebugging(undefined, configuration), false);
    assert.equal(vscode.debug.activeDebugSession, undefined);
  });

  it('a step back gives exactly the state before the step', async () => {
    const session = await stopped(HOME);
    const threadId = vscode.debug.activeStackItem?.threadId;
    const state = async (): Promise<unknown> => {
      const { stackFrames } = (await session.customRequest('stackTrace', { threadId })) as {
        stackFrames: object[];
      };
      return stackFrames.map((frame) => ({ ...frame, id: 0 }));
    };
    const before = await state();
    await session.customRequest('next', { threadId });
    const after = await until(async () => {
      const now = await state();
      return JSON.stringify(now) === JSON.stringify(before) ? undefined : now;
    });
    assert.notDeepEqual(after, before);
    await session.customRequest('stepBack', { threadId });
    await until(async () => (JSON.stringify(await state()) === JSON.stringify(before) ? true : undefined));
  });

  it('Break on Change of a row stands in Breakpoints, stops, and Last Write goes back to where it was', async () => {
    const session = await stopped(HOME);
    const [device] = await rows('hmm.devices');
    await vscode.commands.executeCommand('hmm.breakOnChange', device?.element);
    const names = vscode.debug.breakpoints.map((breakpoint) =>
      breakpoint instanceof vscode.FunctionBreakpoint ? breakpoint.functionName : '',
    );
    assert.deepEqual(names, ['changes gpu0.free']);
    const time = async (): Promise<number> =>
      ((await session.customRequest('hmm/position', {})) as { time: number }).time;
    const free = async (): Promise<string> =>
      ((await session.customRequest('evaluate', { expression: 'gpu0.free' })) as { result: string }).result;
    const [before, was] = [await time(), await free()];
    await session.customRequest('continue', { threadId: 1 });
    const after = await until(async () => ((await time()) > before ? await time() : undefined));
    assert.notEqual(await free(), was);
    await vscode.commands.executeCommand('hmm.lastWrite', device?.element);
    await until(async () => ((await time()) < after ? true : undefined));
    assert.equal(await free(), was);
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
  });

  it('Biography of a row and Ask the History show History, and the adapter tells what it shows', async () => {
    const session = await stopped(HOME);
    const { path } = (await session.customRequest('hmm/locate', { expression: 'buf[0]' })) as {
      path: unknown[];
    };
    await vscode.commands.executeCommand('hmm.biography', path.at(-1));
    const { title, rows: told } = (await session.customRequest('hmm/biography', {
      expression: 'buf[0]',
    })) as {
      title: string;
      rows: { what: string }[];
    };
    assert.equal(title, 'Biography of buf[0]');
    assert(told.some(({ what }) => what.startsWith('nothing → present')));
    await vscode.commands.executeCommand('hmm.askHistory');
  });

  it('without a session the trees are empty', async () => {
    for (const id of ['hmm.pageTables', 'hmm.pendingFaults', 'hmm.devices', 'hmm.zones'])
      assert.deepEqual(await rows(id), []);
  });
});
