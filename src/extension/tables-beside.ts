import * as vscode from 'vscode';
import type { MirrorRun } from '../protocol';
import { command } from './command';
import { mirrorOf } from './devices-view';
import type { Sessions } from './session';

/** Scheme of the two tables side by side: `hmm-tables:/gpu0/app`. */
const scheme = 'hmm-tables';

const columns = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

function table(device: string, process: string, runs: readonly MirrorRun[]): string {
  const rows = runs.map(({ place, cpu, access, page, differs }) => [
    differs === undefined ? ' ' : '≠',
    place,
    cpu,
    `${access}, ${page}`,
    differs ?? '',
  ]);
  const head = [' ', 'range', `page table of ${process}`, `mirror of ${device}`, ''];
  const notes = runs.length === 0 ? ['', `${device} maps nothing of ${process}.`] : [];
  return [columns([head, ...rows]), ...notes, ''].join('\n');
}

/** *CPU Table Beside Device Mirror*: both at every address that the device maps, brought up to date at each stop. */
class TablesBeside implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  private readonly disposables: vscode.Disposable[];
  readonly onDidChange = this.changes.event;

  constructor(private readonly sessions: Sessions) {
    this.disposables = [
      this.changes,
      vscode.workspace.registerTextDocumentContentProvider(scheme, this),
      command('hmm.tablesBeside', (element?: unknown) => this.open(element)),
      sessions.onDidStop(() => this.refresh()),
    ];
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  async provideTextDocumentContent({ path }: vscode.Uri): Promise<string> {
    const [, device = '', process = ''] = path.split('/');
    try {
      const { mirrors } = await this.sessions.request('hmm/device', { device });
      const runs = mirrors.find((mirror) => mirror.process === process)?.runs;
      return runs === undefined ? `${process} has ${device} not open.\n` : table(device, process, runs);
    } catch {
      return 'Shown while a scenario with this device is stopped.\n';
    }
  }

  private refresh(): void {
    for (const { uri } of vscode.workspace.textDocuments) if (uri.scheme === scheme) this.changes.fire(uri);
  }

  private async open(element: unknown): Promise<void> {
    const chosen = mirrorOf(element) ?? (await this.choose());
    if (chosen === undefined) return;
    const uri = vscode.Uri.from({ scheme, path: `/${chosen.device}/${chosen.process}` });
    await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true });
  }

  private async choose(): Promise<{ device: string; process: string } | undefined> {
    const { devices } = await this.sessions.request('hmm/devices', {});
    const all = devices.flatMap(({ name, mirrors }) =>
      mirrors.map(({ process }) => ({ device: name, process })),
    );
    if (all.length === 0) throw new Error('No process has a device open.');
    if (all.length === 1) return all[0];
    const items = all.map((mirror) => ({ label: `${mirror.device}, ${mirror.process}`, mirror }));
    return (await vscode.window.showQuickPick(items, { title: 'CPU Table Beside Device Mirror' }))?.mirror;
  }
}

export const tablesBeside = (sessions: Sessions): vscode.Disposable => new TablesBeside(sessions);
