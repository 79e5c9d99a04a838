import * as vscode from 'vscode';
import { command } from './command';
import { EXAMPLE_FOLDERS, EXAMPLES } from './example-list';

interface Example extends vscode.QuickPickItem {
  readonly uri?: vscode.Uri;
}

/** The text of a scenario's first comment line. */
function firstComment(text: string): string {
  const line = text.split('\n').find((candidate) => candidate.trim().startsWith('#'));
  return line?.replace(/^\s*#+\s*/, '').trim() ?? '';
}

const uriOf = (scenarios: vscode.Uri, name: string): vscode.Uri =>
  vscode.Uri.joinPath(scenarios, ...`${name}.hmm`.split('/'));

async function example(scenarios: vscode.Uri, name: string): Promise<Example> {
  const uri = uriOf(scenarios, name);
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  return { label: name.replace(/^.*\//, ''), detail: firstComment(text), uri };
}

async function namesIn(scenarios: vscode.Uri, folder: string): Promise<string[]> {
  const entries = await vscode.workspace.fs.readDirectory(vscode.Uri.joinPath(scenarios, folder));
  const names = entries.map(([name]) => name).filter((name) => name.endsWith('.hmm'));
  return names.sort().map((name) => `${folder}/${name.replace(/\.hmm$/, '')}`);
}

/** All bundled scenarios in the order of `EXAMPLES`, each group under its title. */
async function examples(scenarios: vscode.Uri): Promise<Example[]> {
  const folders = EXAMPLE_FOLDERS.map(async ({ title, folder }) => ({
    title,
    names: await namesIn(scenarios, folder),
  }));
  const groups = [...EXAMPLES, ...(await Promise.all(folders))];
  const rows = groups.map(
    async ({ title, names }): Promise<Example[]> => [
      { label: title, kind: vscode.QuickPickItemKind.Separator },
      ...(await Promise.all(names.map((name) => example(scenarios, name)))),
    ],
  );
  return (await Promise.all(rows)).flat();
}

/** The user's own copy of an example: the one there is, as it was left, otherwise a fresh one. */
async function ownCopy(uri: vscode.Uri, storage: vscode.Uri): Promise<vscode.Uri> {
  const copy = vscode.Uri.joinPath(storage, 'examples', uri.path.replace(/^.*\//, ''));
  try {
    await vscode.workspace.fs.stat(copy);
  } catch {
    await vscode.workspace.fs.copy(uri, copy);
  }
  return copy;
}

/** HMM: Open Example: lists the bundled scenarios and opens a copy of the chosen one; needs no folder. */
async function openExample({ extensionUri, globalStorageUri }: vscode.ExtensionContext): Promise<void> {
  const list = examples(vscode.Uri.joinPath(extensionUri, 'scenarios'));
  const chosen = await vscode.window.showQuickPick(list, {
    title: 'Open an example scenario',
    placeHolder: 'Then press F5 to run it',
    matchOnDetail: true,
  });
  if (chosen?.uri === undefined) return;
  await vscode.window.showTextDocument(await ownCopy(chosen.uri, globalStorageUri), { preview: false });
}

export function registerExamples(context: vscode.ExtensionContext): vscode.Disposable {
  return command('hmm.openExample', () => openExample(context));
}
