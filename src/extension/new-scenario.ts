import * as vscode from 'vscode';
import { SCENARIO_SNIPPET } from '../language';
import { command } from './command';
import { language } from './session';

/** HMM: New Scenario, also in File › New File: a whole small scenario with places to fill in. */
async function newScenario(): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language });
  const editor = await vscode.window.showTextDocument(document, { preview: false });
  await editor.insertSnippet(new vscode.SnippetString(SCENARIO_SNIPPET));
}

/** Opens a document of the extension as the editor shows Markdown. */
const open = (extension: vscode.Uri, ...path: string[]) =>
  vscode.commands.executeCommand<void>('markdown.showPreview', vscode.Uri.joinPath(extension, ...path));

export function registerDocuments({ extensionUri }: vscode.ExtensionContext): vscode.Disposable[] {
  return [
    command('hmm.newScenario', newScenario),
    command('hmm.languageReference', async () => open(extensionUri, 'scenarios', 'LANGUAGE.md')),
    command('hmm.howTrue', async () => open(extensionUri, 'docs', 'how-true-is-it.md')),
  ];
}
