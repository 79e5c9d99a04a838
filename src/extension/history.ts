import * as vscode from 'vscode';
import type { BiographyArguments, PageTableNode } from '../protocol';
import { command } from './command';
import { HistoryView } from './history-view';
import { hoveredExpression } from './hovered-expression';
import { frameInFocus, language, type Sessions } from './session';

/** What a menu's command gets: a row of Page Tables, a variable, or (in an editor) a file. */
type FromMenu =
  | Pick<PageTableNode, 'process' | 'address'>
  | { variable: { evaluateName?: string } }
  | vscode.Uri
  | undefined;

/** The expression at the cursor of a scenario, where that is what the menu is about. */
function atCursor(): string | undefined {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId !== language) return undefined;
  const { line, character } = editor.selection.active;
  const { text } = editor.document.lineAt(line);
  const found = hoveredExpression(text, character);
  return found && text.slice(found.start, found.end);
}

/** Asks for a page until an expression gives one. */
async function askForPage(sessions: Sessions): Promise<BiographyArguments | undefined> {
  const expression = await vscode.window.showInputBox({
    title: 'Biography of a Page',
    prompt: 'A page, a page of a buffer, or an address',
    placeHolder: 'buf[3], pfn(0x3fff4), 0x7f0000003000, page',
    validateInput: async (text) => {
      if (text.trim() === '') return undefined;
      try {
        await sessions.request('hmm/locate', { expression: text, ...frameInFocus() });
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
  });
  if (expression === undefined || expression.trim() === '') return undefined;
  return { expression, ...frameInFocus() };
}

/** The page that a menu's row, a variable or the cursor stands for, or the one that is asked for. */
async function pageMeant(sessions: Sessions, from: FromMenu): Promise<BiographyArguments | undefined> {
  if (from === undefined) return askForPage(sessions);
  if (from instanceof vscode.Uri) {
    const expression = atCursor();
    return expression === undefined ? askForPage(sessions) : { expression, ...frameInFocus() };
  }
  if ('variable' in from) {
    const { evaluateName } = from.variable;
    return evaluateName === undefined
      ? askForPage(sessions)
      : { expression: evaluateName, ...frameInFocus() };
  }
  const { process, address } = from;
  if (address === undefined) throw new Error('Choose a row of Page Tables that has an address.');
  return { process, address };
}

/** Commands that ask about all that has run, and the view with their answers. */
export function history(
  sessions: Sessions,
  extension: vscode.Uri,
): { biography(of: BiographyArguments): Promise<void>; disposables: vscode.Disposable[] } {
  const view = new HistoryView(sessions, extension);
  const biography = (of: BiographyArguments): Promise<void> =>
    view.show(sessions.request('hmm/biography', of));
  return {
    biography,
    disposables: [
      view,
      command('hmm.askHistory', () => view.open()),
      command('hmm.biography', async (from: FromMenu) => {
        const page = await pageMeant(sessions, from);
        if (page !== undefined) await biography(page);
      }),
    ],
  };
}
