/** Places of a text as the editor counts them. */

import * as vscode from 'vscode';
import type { Span } from '../language';

export function rangeOf(document: vscode.TextDocument, { start, end }: Span): vscode.Range {
  return new vscode.Range(document.positionAt(start), document.positionAt(end));
}
