import * as vscode from 'vscode';
import { command } from './command';
import { debugType, language } from './session';

const lastKey = 'hmm.lastScenario';

/** The launch configuration that runs one file as it is. */
export const runFile = (name: string, program: string): vscode.DebugConfiguration => ({
  type: debugType,
  request: 'launch',
  name,
  program,
});

/** Whether a configuration of launch.json runs this file. */
function runs({ type, program }: vscode.DebugConfiguration, file: vscode.Uri): boolean {
  if (type !== debugType || typeof program !== 'string') return false;
  const folder = vscode.workspace.getWorkspaceFolder(file)?.uri.fsPath ?? '';
  return program === '${file}' || program.replace('${workspaceFolder}', folder) === file.fsPath;
}

/** The scenarios that F5 means, and what runs them. */
export class ScenarioRuns implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[];
  /** Name of the configuration that was used last, so that F5 uses it again for a file it fits. */
  private lastName: string | undefined;

  constructor(private readonly state: vscode.Memento) {
    this.disposables = [
      command('hmm.debugFile', (uri?: vscode.Uri) => this.run(uri, false)),
      command('hmm.runFile', (uri?: vscode.Uri) => this.run(uri, true)),
      vscode.debug.onDidStartDebugSession((session) => this.remember(session)),
    ];
    this.tellEditor();
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  /** The scenario in the active editor, otherwise the one that ran last. */
  get program(): string | undefined {
    return this.activeFile?.fsPath ?? this.last;
  }

  /** The text of that scenario, as it stands in the editor; empty where there is none. */
  async text(): Promise<string> {
    const { program } = this;
    if (program === undefined) return '';
    try {
      return (await vscode.workspace.openTextDocument(vscode.Uri.file(program))).getText();
    } catch {
      return ''; // it has gone
    }
  }

  private get activeFile(): vscode.Uri | undefined {
    const document = vscode.window.activeTextEditor?.document;
    return document?.languageId === language && !document.isUntitled ? document.uri : undefined;
  }

  private get last(): string | undefined {
    return this.state.get<string>(lastKey);
  }

  /** Runs a scenario: as launch.json says where that has a configuration for it. */
  private async run(uri: vscode.Uri | undefined, noDebug: boolean): Promise<void> {
    const program = uri?.fsPath ?? this.program;
    if (program === undefined) throw new Error('Open a scenario (a .hmm file) first, then start.');
    const file = vscode.Uri.file(program);
    await vscode.workspace.textDocuments.find(({ uri: { fsPath } }) => fsPath === program)?.save();
    const folder = vscode.workspace.getWorkspaceFolder(file);
    const configuration = this.configurationFor(file) ?? runFile('Run scenario', program);
    // The file is named here, so that `${file}` is right whichever editor is active.
    await vscode.debug.startDebugging(folder, { ...configuration, program }, { noDebug });
  }

  private configurationFor(file: vscode.Uri): vscode.DebugConfiguration | undefined {
    const all = vscode.workspace
      .getConfiguration('launch', file)
      .get<vscode.DebugConfiguration[]>('configurations');
    const fitting = all?.filter((configuration) => runs(configuration, file)) ?? [];
    return fitting.find(({ name }) => name === this.lastName) ?? fitting[0];
  }

  private remember({ type, name, configuration }: vscode.DebugSession): void {
    if (type !== debugType) return;
    this.lastName = name;
    void this.state.update(lastKey, configuration['program']);
    this.tellEditor();
  }

  private tellEditor(): void {
    void vscode.commands.executeCommand('setContext', 'hmm.hasLastScenario', this.last !== undefined);
  }
}
