import * as vscode from 'vscode';
import type { FromHistory, HistoryTable, PictureLink, ToPicture } from '../protocol';
import type { Sessions } from './session';
import { webviewPage } from './webview-page';

const BODY = `<form id="ask"><input id="query" aria-label="Question about all that has run" placeholder="calls page_fault where page.refcount &gt; 2 show address"><button>Ask</button></form>
<div id="message" role="status" aria-live="polite"></div>
<section id="result" hidden>
<header><input id="filter" placeholder="Filter" aria-label="Filter the rows"><button id="copy">Copy as CSV</button></header>
<div id="box"><table class="moments"><caption id="caption"></caption><thead><tr id="head"></tr></thead><tbody id="rows"></tbody></table></div>
</section>`;

/** History in the panel: what is asked about all that has run, as a table. It stays while one goes from row to row. */
export class HistoryView implements vscode.WebviewViewProvider, vscode.Disposable {
  private readonly registered: vscode.Disposable;
  private view: vscode.WebviewView | undefined;
  /** What the page is told as soon as it is there. */
  private waiting: HistoryTable | undefined;

  constructor(
    private readonly sessions: Sessions,
    private readonly extension: vscode.Uri,
  ) {
    const webviewOptions = { retainContextWhenHidden: true };
    this.registered = vscode.window.registerWebviewViewProvider('hmm.history', this, { webviewOptions });
  }

  dispose(): void {
    this.registered.dispose();
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const { webview } = view;
    this.view = view;
    webview.options = { enableScripts: true, localResourceRoots: [this.extension] };
    webview.onDidReceiveMessage((message: FromHistory) => this.receive(message));
    view.onDidDispose(() => {
      this.view = undefined;
    });
    webview.html = webviewPage(webview, this.extension, 'history', BODY);
  }

  /** Brings the view to the front. */
  async open(): Promise<void> {
    await vscode.commands.executeCommand('hmm.history.focus');
  }

  /** Shows an answer. */
  async show(answer: Promise<HistoryTable>): Promise<void> {
    const table = await answer;
    if (this.view === undefined) this.waiting = table;
    else this.post({ type: 'answer', answer: table });
    await this.open();
  }

  private async receive(message: FromHistory): Promise<void> {
    try {
      if (message.type === 'ready') this.ready();
      else if (message.type === 'link') await this.go(message.link);
      else if (message.type === 'file') await this.copy(message.file.base64);
      else await this.show(this.sessions.request('hmm/history', message.args));
    } catch (error) {
      this.post({ type: 'note', text: error instanceof Error ? error.message : String(error) });
    }
  }

  private async go(link: PictureLink): Promise<void> {
    if (link.to === 'time') await this.sessions.request('hmm/seek', { time: link.time });
  }

  private ready(): void {
    if (this.waiting) this.post({ type: 'answer', answer: this.waiting });
    this.waiting = undefined;
  }

  private async copy(base64: string): Promise<void> {
    await vscode.env.clipboard.writeText(Buffer.from(base64, 'base64').toString());
    this.post({ type: 'note', text: 'The rows are on the clipboard, as CSV.' });
  }

  private post(message: ToPicture<HistoryTable>): void {
    void this.view?.webview.postMessage(message);
  }
}
