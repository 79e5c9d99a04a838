/** Names of a scenario: where they are given and used, and how they are changed. */

import * as vscode from 'vscode';
import { definitionAt, referencesAt, renamableAt, renameAt } from '../language';
import { rangeOf } from './language-places';

export const definition: vscode.DefinitionProvider = {
  provideDefinition(document, position) {
    const found = definitionAt(document.getText(), document.offsetAt(position));
    return found === undefined
      ? undefined
      : new vscode.Location(document.uri, rangeOf(document, found.nameSpan));
  },
};

export const references: vscode.ReferenceProvider = {
  provideReferences: (document, position, { includeDeclaration }) =>
    referencesAt(document.getText(), document.offsetAt(position))
      .filter(({ declares }) => includeDeclaration || !declares)
      .map(({ span }) => new vscode.Location(document.uri, rangeOf(document, span))),
};

export const highlights: vscode.DocumentHighlightProvider = {
  provideDocumentHighlights: (document, position) =>
    referencesAt(document.getText(), document.offsetAt(position)).map(
      ({ span, declares }) =>
        new vscode.DocumentHighlight(
          rangeOf(document, span),
          declares ? vscode.DocumentHighlightKind.Write : vscode.DocumentHighlightKind.Read,
        ),
    ),
};

export const renaming: vscode.RenameProvider = {
  prepareRename(document, position) {
    const found = renamableAt(document.getText(), document.offsetAt(position));
    if (found === undefined) throw new Error('Only names that the scenario gives can be changed.');
    return rangeOf(document, found.span);
  },
  provideRenameEdits(document, position, to) {
    const result = renameAt(document.getText(), document.offsetAt(position), to);
    if ('error' in result) throw new Error(result.error);
    const changes = new vscode.WorkspaceEdit();
    for (const { span, text } of result.edits) changes.replace(document.uri, rangeOf(document, span), text);
    return changes;
  },
};
