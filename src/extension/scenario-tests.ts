import * as vscode from 'vscode';
import { expectationsIn } from '../language';
import { outcomeWords, type RunOutcome } from '../protocol';
import { runFile } from './run-scenario';
import { debugType, language, type Sessions } from './session';

/** Scenarios of a workspace that are listed at most. */
const mostFiles = 2000;

/** How an outcome is told to the test run: item by item, and the file as a whole. */
function report(run: vscode.TestRun, file: vscode.TestItem, outcome: RunOutcome): void {
  const messages = (line: number): vscode.TestMessage[] =>
    [...outcome.failures, ...outcome.lost]
      .filter((failure) => failure.line === line)
      .map(({ message, column }) => {
        const told = new vscode.TestMessage(message);
        if (file.uri !== undefined)
          told.location = new vscode.Location(file.uri, new vscode.Position(line - 1, column - 1));
        return told;
      });
  for (const { line, state } of outcome.statements) {
    const item = file.children.get(String(line));
    if (item === undefined) continue;
    if (state === 'failed') run.failed(item, messages(line));
    else if (state === 'held') run.passed(item);
    else run.skipped(item);
  }
  run.appendOutput(
    `${vscode.workspace.asRelativePath(outcome.program)}: ${outcomeWords(outcome)}, ${outcome.steps} steps under ${outcome.profile}\r\n`,
  );
  const broken = outcome.broken > 0 || outcome.problem !== undefined || outcome.lost.length > 0;
  if (broken) run.failed(file, new vscode.TestMessage(outcome.problem ?? outcomeWords(outcome)));
  else if (outcome.failed === 0) run.passed(file);
}

/** Scenarios and what they expect, in the Testing view. */
export class ScenarioTests implements vscode.Disposable {
  private readonly controller = vscode.tests.createTestController('hmm', 'HMM Scenarios');
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly sessions: Sessions) {
    const { Run, Debug } = vscode.TestRunProfileKind;
    const profile = (label: string, kind: vscode.TestRunProfileKind, isDefault: boolean) =>
      this.controller.createRunProfile(
        label,
        kind,
        (request, token) => this.run(request, token, kind === Debug),
        isDefault,
      );
    this.controller.resolveHandler = (item) => (item === undefined ? this.discover() : this.read(item));
    this.controller.refreshHandler = () => this.discover();
    const watcher = vscode.workspace.createFileSystemWatcher('**/*.hmm');
    this.disposables = [
      this.controller,
      watcher,
      profile('Run', Run, true),
      profile('Debug', Debug, true),
      watcher.onDidCreate((uri) => this.add(uri)),
      watcher.onDidDelete((uri) => this.controller.items.delete(uri.toString())),
      vscode.workspace.onDidOpenTextDocument((document) => this.update(document)),
      vscode.workspace.onDidSaveTextDocument((document) => this.update(document)),
    ];
    for (const document of vscode.workspace.textDocuments) this.update(document);
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  private async discover(): Promise<void> {
    const files = await vscode.workspace.findFiles('**/*.hmm', '**/node_modules/**', mostFiles);
    for (const file of files) this.add(file);
  }

  private add(uri: vscode.Uri): vscode.TestItem {
    const known = this.controller.items.get(uri.toString());
    if (known !== undefined) return known;
    const item = this.controller.createTestItem(uri.toString(), vscode.workspace.asRelativePath(uri), uri);
    item.canResolveChildren = true;
    this.controller.items.add(item);
    return item;
  }

  private update(document: vscode.TextDocument): void {
    if (document.languageId === language && document.uri.scheme === 'file')
      this.fill(this.add(document.uri), document.getText());
  }

  private async read(item: vscode.TestItem): Promise<void> {
    if (item.uri === undefined) return;
    this.fill(item, new TextDecoder().decode(await vscode.workspace.fs.readFile(item.uri)));
  }

  /** One child a line that expects something. */
  private fill(file: vscode.TestItem, text: string): void {
    const children = new Map<string, vscode.TestItem>();
    for (const { line, column, text: label } of expectationsIn(text)) {
      if (children.has(String(line))) continue;
      const item = this.controller.createTestItem(String(line), label, file.uri);
      item.range = new vscode.Range(line - 1, column - 1, line - 1, column - 1);
      item.sortText = String(line).padStart(8, '0');
      children.set(item.id, item);
    }
    file.children.replace([...children.values()]);
  }

  /** The scenarios that a request means: one that names an expectation means the scenario it stands in. */
  private async files(request: vscode.TestRunRequest): Promise<vscode.TestItem[]> {
    if (request.include === undefined) await this.discover();
    const wanted = request.include ?? [...this.controller.items].map(([, item]) => item);
    const files = new Set(wanted.map((item) => item.parent ?? item));
    return [...files].filter((file) => request.exclude?.includes(file) !== true);
  }

  private async run(
    request: vscode.TestRunRequest,
    token: vscode.CancellationToken,
    debug: boolean,
  ): Promise<void> {
    const run = this.controller.createTestRun(request);
    for (const file of await this.files(request)) {
      if (token.isCancellationRequested) break;
      await this.read(file);
      await this.one(run, file, token, debug);
    }
    run.end();
  }

  private async one(
    run: vscode.TestRun,
    file: vscode.TestItem,
    token: vscode.CancellationToken,
    debug: boolean,
  ): Promise<void> {
    if (file.uri === undefined) return;
    run.started(file);
    const outcome = await this.outcomeOf(file.uri, run, token, debug);
    if (outcome !== undefined) report(run, file, outcome);
    else if (token.isCancellationRequested || debug) run.skipped(file);
    else
      run.errored(
        file,
        new vscode.TestMessage('The scenario could not be run to its end; Problems says why.'),
      );
  }

  /** Runs a scenario and waits for what it comes to; undefined where it doesn't get to its end. */
  private async outcomeOf(
    uri: vscode.Uri,
    testRun: vscode.TestRun,
    token: vscode.CancellationToken,
    debug: boolean,
  ): Promise<RunOutcome | undefined> {
    const listeners: vscode.Disposable[] = [];
    try {
      let outcome: RunOutcome | undefined;
      let session: vscode.DebugSession | undefined;
      const ended = new Promise<void>((resolve) => {
        listeners.push(
          this.sessions.onDidEndRun((found) => {
            if (vscode.Uri.file(found.program).fsPath === uri.fsPath) outcome = found;
          }),
          vscode.debug.onDidStartDebugSession((started) => {
            if (started.type === debugType) session ??= started;
          }),
          vscode.debug.onDidTerminateDebugSession((gone) => {
            if (gone.type === debugType && gone.configuration['program'] === uri.fsPath) resolve();
          }),
          token.onCancellationRequested(() => void vscode.debug.stopDebugging(session)),
        );
      });
      const quiet = debug
        ? {}
        : { suppressDebugToolbar: true, suppressDebugStatusbar: true, suppressDebugView: true };
      const folder = vscode.workspace.getWorkspaceFolder(uri);
      const configuration = {
        ...runFile('Run scenario', uri.fsPath),
        ...(debug ? {} : { internalConsoleOptions: 'neverOpen' }),
      };
      const started = await vscode.debug.startDebugging(folder, configuration, {
        noDebug: !debug,
        testRun,
        ...quiet,
      });
      if (started) await ended;
      return outcome;
    } finally {
      for (const listener of listeners) listener.dispose();
    }
  }
}
