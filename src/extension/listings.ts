import * as vscode from 'vscode';
import type { Sessions } from './session';

/** Scheme of a listing's address. */
export const listingScheme = 'hmm-kernel';
/** The language id of listings. */
export const listingLanguage = 'hmm-listing';
const withoutSession = '// Start a scenario under this kernel to see the listing.\n';

/**
 * Shows the kernel routines' listings under their stable addresses, such as
 * `hmm-kernel:/6.12/mm/memory.c/do_swap_page`. Their text comes from the adapter and never changes;
 * a listing that was left open in an earlier window is filled in at the next stop.
 */
export class Listings implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  private readonly texts = new Map<string, string>();
  private readonly missing = new Map<string, vscode.Uri>();
  private readonly disposables: vscode.Disposable[];
  readonly onDidChange = this.changes.event;

  constructor(private readonly sessions: Sessions) {
    this.disposables = [
      this.changes,
      vscode.workspace.registerTextDocumentContentProvider(listingScheme, this),
      sessions.onDidStop(() => this.fillIn()),
    ];
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const address = `${uri.scheme}:${uri.path}`;
    const text = this.texts.get(address) ?? (await this.ask(address));
    if (text === undefined) {
      this.missing.set(address, uri);
      return withoutSession;
    }
    this.missing.delete(address);
    this.texts.set(address, text);
    return text;
  }

  private async ask(address: string): Promise<string | undefined> {
    try {
      const source = { path: address };
      const answer = await this.sessions.active?.customRequest('source', { source, sourceReference: 0 });
      return (answer as { content: string } | undefined)?.content;
    } catch {
      return undefined; // another profile's routine: its own session will have it
    }
  }

  private fillIn(): void {
    for (const uri of this.missing.values()) this.changes.fire(uri);
  }
}
