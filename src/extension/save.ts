import * as vscode from 'vscode';

/** Asks where to, and writes a file there; suggests a name beside the scenario. */
export async function saveAs(name: string, kind: string, bytes: Uint8Array): Promise<void> {
  const scenario = vscode.debug.activeDebugSession?.configuration['program'];
  const folder =
    typeof scenario === 'string'
      ? vscode.Uri.joinPath(vscode.Uri.file(scenario), '..')
      : vscode.workspace.workspaceFolders?.[0]?.uri;
  const extension = name.slice(name.lastIndexOf('.') + 1);
  const to = await vscode.window.showSaveDialog({
    filters: { [kind]: [extension] },
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, name) }),
  });
  if (to === undefined) return;
  await vscode.workspace.fs.writeFile(to, bytes);
  vscode.window.setStatusBarMessage(`${vscode.workspace.asRelativePath(to)} is written.`, 4000);
}
