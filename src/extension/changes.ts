import * as vscode from 'vscode';
import type { DeviceState, MirrorRun, PageTableNode, Zone } from '../protocol';
import { command } from './command';
import { frameInFocus, type Sessions } from './session';

/** What a menu's command gets: a row of one of the trees, a variable, or nothing. */
type FromMenu =
  | Partial<Pick<PageTableNode, 'process' | 'address' | 'place'>>
  | { kind: 'device'; device: DeviceState }
  | { kind: 'run'; id: string; run: MirrorRun }
  | { kind: 'zone'; zone: Zone }
  | { variable: { evaluateName?: string } }
  | undefined;

/** The expression that a row or a variable stands for; undefined where it stands for none. */
function expressionOf(from: FromMenu): string | undefined {
  if (from === undefined) return undefined;
  if ('variable' in from) return from.variable.evaluateName;
  if ('kind' in from) {
    if (from.kind === 'device') return `${from.device.name}.free`;
    if (from.kind === 'zone') return `zone.${from.zone.name}.free`;
    const [device, , process] = from.id.split('/');
    return `${process}: ${device}.mirror(${from.run.address})`;
  }
  const { process, address, place } = from;
  return address === undefined ? undefined : `${process}: pte(${place ?? address})`;
}

/** What a menu's row stands for, or what is typed where there is none, said so that it can be watched. */
async function askExpression(sessions: Sessions, title: string, from: FromMenu): Promise<string | undefined> {
  const ask = async (expression: string): Promise<string> =>
    (await sessions.request('hmm/watchable', { expression, ...frameInFocus() })).expression;
  const given = expressionOf(from);
  if (given !== undefined) return ask(given);
  const typed = await vscode.window.showInputBox({
    title,
    prompt: 'Anything of the machine that changes; a page of a buffer stands for its page-table entry',
    placeHolder: 'buf[3], buf[3].page.refcount, gpu0.free, gpu0.mirror(buf[3]), byte(buf[3])',
    validateInput: async (text) => {
      if (text.trim() === '') return undefined;
      try {
        await ask(text);
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
  });
  return typed === undefined || typed.trim() === '' ? undefined : ask(typed);
}

/** Commands about changes of a thing: stop at each, go to the last one, run to the next one. */
export function registerChanges(sessions: Sessions): vscode.Disposable[] {
  return [
    command('hmm.breakOnChange', async (from: FromMenu) => {
      const expression = await askExpression(sessions, 'Break on Change', from);
      if (expression === undefined) return;
      // The editor lets nobody add data breakpoints; this one is as good, and stands in its Breakpoints view.
      vscode.debug.addBreakpoints([new vscode.FunctionBreakpoint(`changes ${expression}`)]);
    }),
    command('hmm.lastWrite', async (from: FromMenu) => {
      const expression = await askExpression(sessions, 'Last Write', from);
      if (expression !== undefined) await sessions.request('hmm/lastWrite', { expression });
    }),
    command('hmm.nextWrite', async (from: FromMenu) => {
      const expression = await askExpression(sessions, 'Next Write', from);
      if (expression !== undefined) await sessions.request('hmm/nextWrite', { expression });
    }),
  ];
}
