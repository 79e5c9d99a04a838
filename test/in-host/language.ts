import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { extension, HOME, open, placeOf, until } from './editor';

/** Asks the providers of a document, as the editor does. */
const ask = <T>(command: string, ...args: unknown[]): Thenable<T> =>
  vscode.commands.executeCommand<T>(`vscode.${command}`, ...args);

async function edit(document: vscode.TextDocument, text: string): Promise<void> {
  const change = new vscode.WorkspaceEdit();
  const whole = new vscode.Range(new vscode.Position(0, 0), document.positionAt(document.getText().length));
  change.replace(document.uri, whole, text);
  assert(await vscode.workspace.applyEdit(change));
}

/** The mistakes of a document, once there are as many as wanted. */
const diagnostics = (document: vscode.TextDocument, isWanted: (count: number) => boolean) =>
  until(() => {
    const found = vscode.languages.getDiagnostics(document.uri);
    return isWanted(found.length) ? found : undefined;
  });

describe('the language', () => {
  before(extension);

  it('underlines a mistake with the nearest right word, mends it, and forgets it', async () => {
    const document = await open(HOME.replace('process', 'proces'));
    const [mistake] = await diagnostics(document, (count) => count > 0);
    assert.match(mistake?.message ?? '', /did you mean `process`/);
    const fixes = await ask<vscode.CodeAction[]>('executeCodeActionProvider', document.uri, mistake?.range);
    const fix = fixes.find(({ edit: change }) => change !== undefined);
    assert(fix?.edit);
    assert(await vscode.workspace.applyEdit(fix.edit));
    await diagnostics(document, (count) => count === 0);
    assert.equal(document.getText(), HOME);
  });

  it('completes words and names', async () => {
    const document = await open(`${HOME}mach`);
    const end = document.positionAt(document.getText().length);
    const { items } = await ask<vscode.CompletionList>('executeCompletionItemProvider', document.uri, end);
    assert(items.some(({ label }) => (typeof label === 'string' ? label : label.label) === 'machine'));
  });

  it('explains a word', async () => {
    const document = await open(HOME);
    const hovers = await ask<vscode.Hover[]>(
      'executeHoverProvider',
      document.uri,
      placeOf(document, 'mmap').translate(0, 1),
    );
    const text = hovers.flatMap(({ contents }) =>
      contents.map((part) => (typeof part === 'string' ? part : part.value)),
    );
    assert.match(text.join('\n'), /Maps memory and names it/);
  });

  it('goes from a use to its declaration, finds every use, and renames them all', async () => {
    const document = await open(HOME);
    const declared = placeOf(document, 'buf');
    const used = placeOf(document, 'buf[0] expect');
    const [definition] = await ask<(vscode.Location | vscode.LocationLink)[]>(
      'executeDefinitionProvider',
      document.uri,
      used,
    );
    assert(definition);
    const range = 'targetRange' in definition ? definition.targetRange : definition.range;
    assert.equal(range.start.line, declared.line);
    const uses = await ask<vscode.Location[]>('executeReferenceProvider', document.uri, used);
    assert.equal(uses.length, 4);
    const change = await ask<vscode.WorkspaceEdit>(
      'executeDocumentRenameProvider',
      document.uri,
      used,
      'heap',
    );
    assert(await vscode.workspace.applyEdit(change));
    assert.equal(document.getText(), HOME.replaceAll('buf', 'heap'));
  });

  it('outlines, folds and formats a scenario', async () => {
    const document = await open(HOME.replaceAll('    ', '\t'));
    const outline = await ask<vscode.DocumentSymbol[]>('executeDocumentSymbolProvider', document.uri);
    assert(outline.some(({ name }) => name.includes('app')));
    const folds = await ask<vscode.FoldingRange[]>('executeFoldingRangeProvider', document.uri);
    assert(folds.some(({ start }) => start === placeOf(document, 'process').line));
    const options = { tabSize: 4, insertSpaces: true };
    const edits = await ask<vscode.TextEdit[]>('executeFormatDocumentProvider', document.uri, options);
    const change = new vscode.WorkspaceEdit();
    change.set(document.uri, edits);
    assert(await vscode.workspace.applyEdit(change));
    assert.equal(document.getText(), HOME);
  });

  it('offers to debug and to run above the first line', async () => {
    const document = await open(HOME);
    const lenses = await ask<vscode.CodeLens[]>('executeCodeLensProvider', document.uri, 10);
    assert.deepEqual(
      lenses.map(({ command }) => command?.command),
      ['hmm.debugFile', 'hmm.runFile'],
    );
  });

  it('stays silent about a text that is no scenario', async () => {
    const document = await open('proces\n', 'notes.txt');
    assert.deepEqual(vscode.languages.getDiagnostics(document.uri), []);
    await edit(document, 'process\n');
    assert.deepEqual(vscode.languages.getDiagnostics(document.uri), []);
  });
});
