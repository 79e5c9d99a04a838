import * as vscode from 'vscode';
import type {
  FromPicture,
  HmmArguments,
  HmmRequestName,
  HmmResult,
  PictureLink,
  SavedFile,
  SavedPart,
  ToPicture,
} from '../protocol';
import { saveAs } from './save';
import type { Sessions } from './session';
import { webviewPage } from './webview-page';

/** Requests that a picture is an answer of; they may name a thread. */
type PictureRequest = {
  [Name in HmmRequestName]: HmmArguments<Name> extends { most: number } ? Name : never;
}[HmmRequestName];

/** One kind of picture. */
export interface Picture<Name extends PictureRequest> {
  viewId: string;
  /** Its folder in src/views. */
  name: string;
  request: Name;
  /** The body of its page. */
  body: string;
}

/** A picture in its view; asked for once a stop, and only while it can be seen. */
export class PictureView<Name extends PictureRequest>
  implements vscode.WebviewViewProvider, vscode.Disposable
{
  private readonly disposables: vscode.Disposable[];
  private view: vscode.WebviewView | undefined;
  private asked: HmmArguments<Name> | undefined;
  private stale = true;

  constructor(
    private readonly sessions: Sessions,
    private readonly extension: vscode.Uri,
    private readonly picture: Picture<Name>,
    private readonly follow: (link: PictureLink) => Promise<void>,
  ) {
    this.disposables = [
      vscode.window.registerWebviewViewProvider(picture.viewId, this),
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
    webview.html = webviewPage(webview, this.extension, this.picture.name, this.picture.body);
    this.disposables.push(
      webview.onDidReceiveMessage((message: FromPicture<HmmArguments<Name>>) => this.receive(message)),
      view.onDidChangeVisibility(() => this.refreshIfSeen()),
      view.onDidDispose(() => {
        this.view = undefined;
      }),
    );
  }

  private async receive(message: FromPicture<HmmArguments<Name>>): Promise<void> {
    try {
      if (message.type === 'link') await this.follow(message.link);
      else if (message.type === 'file') await this.write(message.file);
      else {
        this.asked = message.args;
        await this.refresh();
      }
    } catch (error) {
      this.post({ type: 'note', text: error instanceof Error ? error.message : String(error) });
    }
  }

  get isVisible(): boolean {
    return this.view?.visible === true;
  }

  get title(): string {
    return this.view?.title ?? this.picture.name;
  }

  /** Asks where to, and saves what is shown. */
  save(what: SavedPart): void {
    this.post({ type: 'save', what });
  }

  private async write({ kind, base64 }: SavedFile): Promise<void> {
    const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
    await saveAs(`${this.picture.name}.${kind}`, kind === 'csv' ? 'Table' : 'Picture', bytes);
  }

  private outdate(): void {
    this.stale = true;
    this.refreshIfSeen();
  }

  private refreshIfSeen(): void {
    if (this.stale && this.view?.visible) void this.refresh();
  }

  private async refresh(): Promise<void> {
    if (this.asked === undefined) return;
    if (!this.sessions.isStopped) return this.say('Nothing is stopped in the debugger.');
    this.stale = false;
    const { threadId } = this.sessions;
    try {
      const args = { ...this.asked, ...(threadId === undefined ? {} : { threadId }) };
      this.post({ type: 'answer', answer: await this.sessions.request(this.picture.request, args) });
    } catch (error) {
      this.say(error instanceof Error ? error.message : String(error));
    }
  }

  private say(text: string): void {
    this.post({ type: 'nothing', text });
  }

  private post(message: ToPicture<HmmResult<Name>>): void {
    void this.view?.webview.postMessage(message);
  }
}
