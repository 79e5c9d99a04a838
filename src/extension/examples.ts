import * as vscode from 'vscode';

interface Example extends vscode.QuickPickItem {
  uri: vscode.Uri;
}

/** The text of a scenario's first comment line. */
export function firstComment(text: string): string {
  const line = text.split('\n').find((candidate) => candidate.trim().startsWith('#'));
  return line?.replace(/^\s*#+\s*/, '').trim() ?? '';
}

async function examples(folder: vscode.Uri): Promise<Example[]> {
  const entries = await vscode.workspace.fs.readDirectory(folder);
  const names = entries.map(([name]) => name).filter((name) => name.endsWith('.hmm'));
  return Promise.all(
    names.sort().map(async (name) => {
      const uri = vscode.Uri.joinPath(folder, name);
      const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
      return { label: name.replace(/\.hmm$/, ''), detail: firstComment(text), uri };
    }),
  );
}

/** HMM: Open Example: lists the bundled scenarios and opens the chosen one; needs no folder. */
export function registerExamples(extension: vscode.Uri): vscode.Disposable {
  return vscode.commands.registerCommand('hmm.openExample', async () => {
    const chosen = await vscode.window.showQuickPick(examples(vscode.Uri.joinPath(extension, 'scenarios')), {
      title: 'Open an example scenario',
      placeHolder: 'Then press F5 to run it',
      matchOnDetail: true,
    });
    if (chosen !== undefined) await vscode.window.showTextDocument(chosen.uri);
  });
}
