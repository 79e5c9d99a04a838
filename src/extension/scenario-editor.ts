import * as vscode from 'vscode';
import { listingScheme } from './listings';
import { debugType, type Sessions } from './session';

/** The scenario's line that the thread in focus works on, beside the editor's own mark of the frame. */
const currentLine = vscode.window.createTextEditorDecorationType({
  isWholeLine: true,
  backgroundColor: new vscode.ThemeColor('editor.focusedStackFrameHighlightBackground'),
  overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.infoForeground'),
  after: { contentText: '  ◂ here', color: new vscode.ThemeColor('editorCodeLens.foreground') },
});

interface Frame {
  line: number;
  source?: { path?: string };
}

const isText = (tab: vscode.Tab, uri: vscode.Uri): boolean =>
  tab.input instanceof vscode.TabInputText && tab.input.uri.toString() === uri.toString();

/** The tabs that show a file, each with its group. */
const tabsOf = (uri: vscode.Uri): vscode.Tab[] =>
  vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.filter((tab) => isText(tab, uri)));

const show = (uri: vscode.Uri, viewColumn?: vscode.ViewColumn): Thenable<vscode.TextEditor> =>
  vscode.window.showTextDocument(uri, {
    preview: false,
    preserveFocus: true,
    ...(viewColumn === undefined ? {} : { viewColumn }),
  });

/**
 * Keeps the scenario on the screen: a listing never takes its place, its current line is marked while the session
 * stands in the kernel, and at the end its tab comes back to the front.
 */
export class ScenarioEditor implements vscode.Disposable {
  /** The layout is ours: one group was split into two, for the kernel above and the scenario below. */
  private split = false;
  private program: vscode.Uri | undefined;
  private line: number | undefined;
  /** The tabs are being moved; what moves them next waits for that. */
  private moving: Promise<unknown> = Promise.resolve();
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly sessions: Sessions) {
    this.disposables = [
      currentLine,
      vscode.debug.onDidStartDebugSession((session) => this.inTurn(() => this.begin(session))),
      vscode.debug.onDidTerminateDebugSession((session) => this.inTurn(() => this.end(session))),
      vscode.debug.onDidChangeActiveStackItem(() => this.markCurrentLine()),
      sessions.onDidStop(() => this.markCurrentLine()),
      sessions.onDidRun(({ line }) => {
        this.line = line === 0 ? undefined : line;
        this.draw();
      }),
      vscode.window.onDidChangeActiveTextEditor((editor) => this.inTurn(() => this.makeRoom(editor))),
      vscode.window.onDidChangeVisibleTextEditors(() => this.draw()),
    ];
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  /** A session that ends while room is being made for its first listing takes that room back afterwards, not before. */
  private inTurn(move: () => Promise<void>): Promise<void> {
    const moved = this.moving.then(move);
    this.moving = moved.catch(() => undefined);
    return moved;
  }

  private async begin({ type, configuration, parentSession }: vscode.DebugSession): Promise<void> {
    if (type !== debugType || configuration['noDebug'] === true || parentSession !== undefined) return;
    const uri = vscode.Uri.file(String(configuration['program']));
    this.program = uri;
    const tabs = tabsOf(uri);
    if (tabs.length === 0) await show(uri);
    for (const tab of tabs) if (tab.isPreview) await show(uri, tab.group.viewColumn);
  }

  /** A listing is about to hide the scenario: the scenario moves to where it can still be seen. */
  private async makeRoom(editor: vscode.TextEditor | undefined): Promise<void> {
    const { program } = this;
    if (program === undefined || editor?.document.uri.scheme !== listingScheme) return;
    if (!vscode.workspace.getConfiguration('hmm').get<boolean>('scenarioBesideListing')) return;
    const isSeen = tabsOf(program).some(({ isActive }) => isActive);
    if (isSeen) return;
    const { all, activeTabGroup } = vscode.window.tabGroups;
    const hidden = tabsOf(program);
    if (all.length === 1) {
      this.split = true;
      const groups = [{ size: 0.55 }, { size: 0.45 }];
      await vscode.commands.executeCommand('vscode.setEditorLayout', { orientation: 1, groups });
    }
    const other = vscode.window.tabGroups.all.find(
      ({ viewColumn }) => viewColumn !== activeTabGroup.viewColumn,
    );
    await show(program, other?.viewColumn ?? vscode.ViewColumn.Beside);
    if (this.split) await vscode.window.tabGroups.close(hidden, true);
    this.draw();
  }

  private async markCurrentLine(): Promise<void> {
    this.line = await this.lineNow();
    this.draw();
  }

  /** Where the thread in focus stands in the scenario. */
  private async lineNow(): Promise<number | undefined> {
    const { active, threadId, isStopped } = this.sessions;
    if (active === undefined || threadId === undefined || !isStopped) return undefined;
    try {
      const { stackFrames } = (await active.customRequest('stackTrace', { threadId })) as {
        stackFrames: Frame[];
      };
      const [top] = stackFrames;
      const frame = stackFrames.find(({ source }) => source?.path?.startsWith(`${listingScheme}:`) === false);
      // In the scenario's own frame the editor marks the line itself.
      return frame === top ? undefined : frame?.line;
    } catch {
      return undefined; // the session went on or ended meanwhile
    }
  }

  private draw(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      const { line } = this;
      const isShown = line !== undefined && editor.document.uri.toString() === this.program?.toString();
      const ranges = isShown ? [new vscode.Range(line - 1, 0, line - 1, 0)] : [];
      editor.setDecorations(currentLine, ranges);
      const [range] = ranges;
      if (range !== undefined)
        editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    }
  }

  private async end({ type, configuration }: vscode.DebugSession): Promise<void> {
    const { program } = this;
    if (type !== debugType || program?.fsPath !== vscode.Uri.file(String(configuration['program'])).fsPath)
      return;
    this.program = undefined;
    this.line = undefined;
    const tabs = tabsOf(program);
    const [tab] = tabs;
    if (tab === undefined) return; // the user has closed it
    if (this.split) {
      this.split = false;
      await show(program, vscode.ViewColumn.One);
      await vscode.window.tabGroups.close(
        tabs.filter(({ group }) => group.viewColumn !== vscode.ViewColumn.One),
        true,
      );
    } else await show(program, tab.group.viewColumn);
    for (const editor of vscode.window.visibleTextEditors) editor.setDecorations(currentLine, []);
  }
}
