import * as vscode from 'vscode';
import { launchProblem, type UncheckedConfiguration } from './launch-problem';
import { runFile, type ScenarioRuns } from './run-scenario';
import { debugType, language } from './session';

/** True for what F5 passes when there is no launch.json. */
const isEmpty = (config: UncheckedConfiguration) => !config['type'] && !config['request'] && !config['name'];

async function explainNoScenario(): Promise<void> {
  const open = 'Open Example';
  const choice = await vscode.window.showErrorMessage(
    'Open a scenario (a .hmm file) first, then start.',
    open,
  );
  if (choice === open) await vscode.commands.executeCommand('hmm.openExample');
}

async function explainProblem(problem: string): Promise<void> {
  const open = 'Open launch.json';
  const actions = vscode.workspace.workspaceFolders === undefined ? [] : [open];
  const choice = await vscode.window.showErrorMessage(problem, ...actions);
  if (choice === open) await vscode.commands.executeCommand('workbench.action.debug.configure');
}

/** Fills in and checks launch configurations; F5 without one runs the scenario in the active editor, or the last one. */
class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  constructor(private readonly runs: ScenarioRuns) {}

  resolveDebugConfiguration(
    _folder: vscode.WorkspaceFolder | undefined,
    config: vscode.DebugConfiguration,
  ): vscode.DebugConfiguration | undefined {
    if (!isEmpty(config)) return config;
    const document = vscode.window.activeTextEditor?.document;
    if (document?.languageId === language && document.isUntitled) {
      void explainProblem('Save the scenario to a file first, then start.');
      return undefined;
    }
    const { program } = this.runs;
    if (program === undefined) {
      void explainNoScenario();
      return undefined;
    }
    return { ...config, ...runFile('Run scenario', program) };
  }

  async resolveDebugConfigurationWithSubstitutedVariables(
    _folder: vscode.WorkspaceFolder | undefined,
    config: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    const read = async (path: string) => vscode.workspace.fs.readFile(vscode.Uri.file(path));
    const problem = await launchProblem(config, read);
    if (problem === undefined) return config;
    void explainProblem(problem);
    return undefined;
  }
}

/** Offers the open scenario, and those of the workspace, under "HMM Scenario…". */
const dynamicConfigurations: vscode.DebugConfigurationProvider = {
  async provideDebugConfigurations() {
    const files = await vscode.workspace.findFiles('**/*.hmm', '**/node_modules/**', 50);
    const named = files.map((file) => runFile(vscode.workspace.asRelativePath(file), file.fsPath));
    const byName = named.sort((a, b) => a.name.localeCompare(b.name));
    return [runFile('Run the open scenario', '${file}'), ...byName];
  },
};

/** Starts the adapter as a child process on the runtime the editor itself runs on. */
const adapterFactory = (extension: vscode.Uri): vscode.DebugAdapterDescriptorFactory => ({
  createDebugAdapterDescriptor() {
    const program = vscode.Uri.joinPath(extension, 'dist', 'hmm-trace.cjs').fsPath;
    const env = { ELECTRON_RUN_AS_NODE: '1' };
    return new vscode.DebugAdapterExecutable(process.execPath, [program, 'dap'], { env });
  },
});

/** Registers how sessions of our type are configured and started. */
export function registerLaunch(extension: vscode.Uri, runs: ScenarioRuns): vscode.Disposable[] {
  const { Dynamic } = vscode.DebugConfigurationProviderTriggerKind;
  return [
    vscode.debug.registerDebugConfigurationProvider(debugType, new ConfigurationProvider(runs)),
    vscode.debug.registerDebugConfigurationProvider(debugType, dynamicConfigurations, Dynamic),
    vscode.debug.registerDebugAdapterDescriptorFactory(debugType, adapterFactory(extension)),
  ];
}
