import * as vscode from 'vscode';
import type { BiographyArguments, PictureLink } from '../protocol';
import type { Sessions } from './session';

/** What leads to the entries of Page Tables. */
export interface PageLinks {
  open(process: string, address: string, focus: boolean): Promise<void>;
  openFrame(pfn: string, focus: boolean): Promise<void>;
  why(process: string, address: string): Promise<void>;
  biography(of: BiographyArguments): Promise<void>;
}

/** Shows a line of the scenario that is being debugged. */
async function showLine(sessions: Sessions, line: number): Promise<void> {
  const program: unknown = sessions.active?.configuration['program'];
  if (typeof program !== 'string') return;
  const start = new vscode.Position(line - 1, 0);
  await vscode.window.showTextDocument(vscode.Uri.file(program), {
    selection: new vscode.Range(start, start),
  });
}

/** Goes where something in a picture leads. */
export async function follow(link: PictureLink, sessions: Sessions, pages: PageLinks): Promise<void> {
  switch (link.to) {
    case 'entry':
      return pages.open(link.process, link.address, link.focus);
    case 'frame':
      return pages.openFrame(link.pfn, link.focus);
    case 'why':
      return pages.why(link.process, link.address);
    case 'biography':
      return pages.biography(link.of);
    case 'time':
      await sessions.request('hmm/seek', { time: link.time });
      return;
    case 'line':
      return showLine(sessions, link.line);
  }
}
