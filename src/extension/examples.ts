import * as vscode from 'vscode';
import { command } from './command';
import { EXAMPLE_FOLDERS, EXAMPLES } from './example-list';

interface Example extends vscode.QuickPickItem {
  /** Path under `scenarios/`, without `.hmm`. */
  readonly path?: string;
}

/** The text of a scenario's first comment line. */
function firstComment(text: string): string {
  const line = text.split('\n').find((candidate) => candidate.trim().startsWith('#'));
  return line?.replace(/^\s*#+\s*/, '').trim() ?? '';
}

const uriOf = (scenarios: vscode.Uri, name: string): vscode.Uri =>
  vscode.Uri.joinPath(scenarios, ...`${name}.hmm`.split('/'));

async function example(scenarios: vscode.Uri, name: string): Promise<Example> {
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uriOf(scenarios, name)));
  return { label: name.replace(/^.*\//, ''), detail: firstComment(text), path: name };
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
async function ownCopy(scenarios: vscode.Uri, path: string, storage: vscode.Uri): Promise<vscode.Uri> {
  const copy = uriOf(vscode.Uri.joinPath(storage, 'examples'), path);
  try {
    await vscode.workspace.fs.stat(copy);
  } catch {
    await vscode.workspace.fs.copy(uriOf(scenarios, path), copy);
  }
  return copy;
}

/** HMM: Open Example: lists the bundled scenarios and opens a copy of the chosen one; needs no folder. */
async function openExample({ extensionUri, globalStorageUri }: vscode.ExtensionContext): Promise<void> {
  const scenarios = vscode.Uri.joinPath(extensionUri, 'scenarios');
  const chosen = await vscode.window.showQuickPick(examples(scenarios), {
    title: 'Open an example scenario',
    placeHolder: 'Then press F5 to run it',
    matchOnDetail: true,
  });
  if (chosen?.path === undefined) return;
  const copy = await ownCopy(scenarios, chosen.path, globalStorageUri);
  await vscode.window.showTextDocument(copy, { preview: false });
}

export function registerExamples(context: vscode.ExtensionContext): vscode.Disposable {
  return command('hmm.openExample', () => openExample(context));
}
