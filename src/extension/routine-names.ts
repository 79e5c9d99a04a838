import * as vscode from 'vscode';
import { listingLanguage } from './listings';
import { language, type Sessions } from './session';

interface LoadedSource {
  path?: string;
}

/** The word for a routine at a position, if it is one: in a listing or in a scenario. */
const wordAt = (document: vscode.TextDocument, position: vscode.Position): string | undefined => {
  const range = document.getWordRangeAtPosition(position, /[A-Za-z_]\w*/);
  return range && document.getText(range);
};

/** Lines of a listing that its hover shows: the head and what it says of itself. */
const headLines = 2;

/** Go to Definition, peek and hover on the names of kernel and driver routines, while a session has their listings. */
class RoutineNames implements vscode.DefinitionProvider, vscode.HoverProvider {
  private known: { session: vscode.DebugSession; paths: Map<string, vscode.Uri> } | undefined;

  constructor(private readonly sessions: Sessions) {}

  async provideDefinition(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.Location | undefined> {
    const uri = await this.listing(wordAt(document, position));
    return uri && new vscode.Location(uri, new vscode.Position(0, 0));
  }

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.Hover | undefined> {
    const uri = await this.listing(wordAt(document, position));
    if (uri === undefined || uri.toString() === document.uri.toString()) return undefined;
    const listing = await vscode.workspace.openTextDocument(uri);
    const head = listing.getText().split('\n').slice(0, headLines).join('\n');
    return new vscode.Hover(new vscode.MarkdownString().appendCodeblock(head, listingLanguage));
  }

  private async listing(word: string | undefined): Promise<vscode.Uri | undefined> {
    if (word === undefined) return undefined;
    return (await this.paths())?.get(word);
  }

  private async paths(): Promise<Map<string, vscode.Uri> | undefined> {
    const session = this.sessions.active;
    if (session === undefined) return undefined;
    if (this.known?.session !== session) {
      const answer = (await session.customRequest('loadedSources')) as { sources: LoadedSource[] };
      const listings = answer.sources.filter(({ path }) => path?.startsWith('hmm-kernel:') === true);
      const uris = listings.map(({ path = '' }) => vscode.Uri.parse(path));
      const paths = new Map(uris.map((uri) => [uri.path.split('/').at(-1) ?? '', uri]));
      this.known = { session, paths };
    }
    return this.known.paths;
  }
}

export function registerRoutineNames(sessions: Sessions): vscode.Disposable[] {
  const names = new RoutineNames(sessions);
  const where = [{ language }, { language: listingLanguage }];
  return [
    vscode.languages.registerDefinitionProvider(where, names),
    vscode.languages.registerHoverProvider({ language: listingLanguage }, names),
  ];
}
