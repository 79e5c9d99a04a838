/** What helps while a scenario is written: completion, signatures, quick fixes, the layout. */

import * as vscode from 'vscode';
import {
  type Completion,
  checkScenario,
  completeAt,
  fixesFor,
  formatScenario,
  signatureAt,
} from '../language';
import { rangeOf } from './language-places';

const kinds: Record<Completion['kind'], vscode.CompletionItemKind> = {
  keyword: vscode.CompletionItemKind.Keyword,
  name: vscode.CompletionItemKind.Variable,
  constant: vscode.CompletionItemKind.EnumMember,
  function: vscode.CompletionItemKind.Function,
  member: vscode.CompletionItemKind.Field,
  snippet: vscode.CompletionItemKind.Snippet,
};

function item({ label, kind, detail, snippet }: Completion): vscode.CompletionItem {
  const made = new vscode.CompletionItem(label, kinds[kind]);
  made.detail = detail;
  if (snippet !== undefined) made.insertText = new vscode.SnippetString(snippet);
  return made;
}

export const completion: vscode.CompletionItemProvider = {
  provideCompletionItems: (document, position) =>
    completeAt(document.getText(), document.offsetAt(position)).map(item),
};

export const signature: vscode.SignatureHelpProvider = {
  provideSignatureHelp(document, position) {
    const found = signatureAt(document.getText(), document.offsetAt(position));
    if (found === undefined) return undefined;
    const information = new vscode.SignatureInformation(found.form, found.doc);
    if (found.active !== undefined)
      information.parameters = [new vscode.ParameterInformation([found.active.start, found.active.end])];
    const help = new vscode.SignatureHelp();
    help.signatures = [information];
    help.activeParameter = 0;
    return help;
  },
};

export const quickFixes: vscode.CodeActionProvider = {
  provideCodeActions(document, range) {
    const fixes = fixesFor(checkScenario(document.getText(), document.fileName));
    return fixes
      .filter(({ diagnostic }) => rangeOf(document, diagnostic.span).intersection(range) !== undefined)
      .map(({ title, edit }) => {
        const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
        action.isPreferred = true;
        action.edit = new vscode.WorkspaceEdit();
        action.edit.replace(document.uri, rangeOf(document, edit.span), edit.text);
        return action;
      });
  },
};

export const formatting: vscode.DocumentFormattingEditProvider = {
  provideDocumentFormattingEdits(document) {
    const text = document.getText();
    const formatted = formatScenario(text);
    if (formatted === text) return [];
    return [vscode.TextEdit.replace(rangeOf(document, { start: 0, end: text.length }), formatted)];
  },
};
