import * as vscode from 'vscode';
import type { AddressMapArguments, FromAddressMap, ToAddressMap } from '../protocol';
import type { Sessions } from './session';
import { webviewPage } from './webview-page';

const BODY = `<header><select id="process" aria-label="Process" hidden></select><button id="out" hidden>Zoom Out</button></header>
<div id="message" role="status"></div>
<div id="box"><canvas id="map" tabindex="0" role="application" aria-roledescription="map of pages" aria-label="Address map. Arrow keys move over the pages, Enter opens one, W says why it is there." aria-describedby="line"></canvas></div>
<div id="line" role="status" aria-live="polite"></div>
<ul id="legend" aria-label="What the cells mean"></ul>
<table class="read-out"><caption>The same as a table</caption><thead><tr><th>Pages</th><th>Where</th></tr></thead><tbody id="rows"></tbody></table>`;

/** What the map's links lead to. */
export interface PageLinks {
  open(process: string, address: string, focus: boolean): Promise<void>;
  why(process: string, address: string): Promise<void>;
}

/** Address Map: where each page of a process is, as cells; asked for once a stop, and only while it can be seen. */
export class AddressMapView implements vscode.WebviewViewProvider, vscode.Disposable {
  private readonly disposables: vscode.Disposable[];
  private view: vscode.WebviewView | undefined;
  private shown: AddressMapArguments | undefined;
  private stale = true;

  constructor(
    private readonly sessions: Sessions,
    private readonly extension: vscode.Uri,
    private readonly links: PageLinks,
  ) {
    this.disposables = [
      vscode.window.registerWebviewViewProvider('hmm.addressMap', this),
      sessions.onDidStop(() => this.outdate()),
      sessions.onDidEnd(() => this.say('The session has ended. Press F5 to run the scenario again.')),
    ];
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    const { webview } = view;
    webview.options = { enableScripts: true, localResourceRoots: [this.extension] };
    webview.html = webviewPage(webview, this.extension, 'address-map', BODY);
    this.disposables.push(
      webview.onDidReceiveMessage((message: FromAddressMap) => this.receive(message)),
      view.onDidChangeVisibility(() => this.refreshIfSeen()),
      view.onDidDispose(() => {
        this.view = undefined;
      }),
    );
  }

  private async receive(message: FromAddressMap): Promise<void> {
    try {
      if (message.type === 'show') {
        const { type: _, ...args } = message;
        this.shown = args;
        await this.refresh();
      } else if (message.type === 'open') {
        await this.links.open(message.process, message.address, message.focus);
      } else {
        await this.links.why(message.process, message.address);
      }
    } catch (error) {
      this.say(error instanceof Error ? error.message : String(error));
    }
  }

  private outdate(): void {
    this.stale = true;
    this.refreshIfSeen();
  }

  private refreshIfSeen(): void {
    if (this.stale && this.view?.visible) void this.refresh();
  }

  private async refresh(): Promise<void> {
    if (this.shown === undefined) return;
    if (!this.sessions.isStopped) return this.say('Nothing is stopped in the debugger.');
    this.stale = false;
    const { threadId } = this.sessions;
    try {
      const args = { ...this.shown, ...(threadId === undefined ? {} : { threadId }) };
      this.post({ type: 'map', map: await this.sessions.request('hmm/addressMap', args) });
    } catch (error) {
      this.say(error instanceof Error ? error.message : String(error));
    }
  }

  private say(text: string): void {
    this.post({ type: 'nothing', text });
  }

  private post(message: ToAddressMap): void {
    void this.view?.webview.postMessage(message);
  }
}
