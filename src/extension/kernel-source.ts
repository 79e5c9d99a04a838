import * as vscode from 'vscode';
import { command } from './command';
import { definitionLine } from './kernel-definition';
import { listingLanguage, listingScheme } from './listings';

/** What an address of a listing says: `hmm-kernel:/6.12/mm/memory.c/do_swap_page`. */
function partsOf({ path }: vscode.Uri): { profile: string; file: string; routine: string } {
  const [, profile = '', ...rest] = path.split('/');
  return { profile, file: rest.slice(0, -1).join('/'), routine: rest.at(-1) ?? '' };
}

/** The folder of the user's kernel tree for a profile; undefined where no setting names one. */
function treeFor(profile: string): string | undefined {
  const trees = vscode.workspace.getConfiguration('hmm').get<Record<string, string>>('kernelSource') ?? {};
  return trees[profile] ?? trees['*'];
}

async function goToKernelSource(from: vscode.Uri | undefined): Promise<void> {
  const uri = from ?? vscode.window.activeTextEditor?.document.uri;
  if (uri?.scheme !== listingScheme) throw new Error('Open a listing of a kernel routine first.');
  const { profile, file, routine } = partsOf(uri);
  const tree = treeFor(profile);
  if (tree === undefined) {
    const open = 'Open Setting';
    const text = `Set "hmm.kernelSource" to the folder of a Linux ${profile} tree first.`;
    if ((await vscode.window.showInformationMessage(text, open)) === open)
      await vscode.commands.executeCommand('workbench.action.openSettings', 'hmm.kernelSource');
    return;
  }
  const source = vscode.Uri.joinPath(vscode.Uri.file(tree), file);
  const document = await vscode.workspace.openTextDocument(source);
  const line = definitionLine(document.getText(), routine);
  const at = new vscode.Position(line ?? 0, 0);
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(at, at) });
  if (line === undefined)
    throw new Error(`${file} has no function ${routine}: the profile gives it that name.`);
}

/** Above a listing: which kernel's file it models, and the way there. */
const lenses: vscode.CodeLensProvider = {
  provideCodeLenses({ uri }) {
    const { profile, file } = partsOf(uri);
    const title = `${file}, Linux ${profile}`;
    const lens = { title, command: 'hmm.kernelSource', tooltip: 'Go to Kernel Source', arguments: [uri] };
    return [new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), lens)];
  },
};

export const registerKernelSource = (): vscode.Disposable[] => [
  command('hmm.kernelSource', goToKernelSource),
  vscode.languages.registerCodeLensProvider({ language: listingLanguage }, lenses),
];
