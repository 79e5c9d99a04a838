import * as vscode from 'vscode';
import { definition, highlights, references, renaming } from './language-names';
import { colourLegend, colours, evaluatable, folding, hover, inlineValues, outline } from './language-read';
import { completion, formatting, quickFixes, signature } from './language-write';
import { LiveDiagnostics } from './live-diagnostics';
import { language } from './session';

/** Registers what the editor knows of the scenario language besides its grammar. */
export function registerLanguage(): vscode.Disposable[] {
  const { languages } = vscode;
  return [
    new LiveDiagnostics(),
    languages.registerCompletionItemProvider(language, completion, '.'),
    languages.registerSignatureHelpProvider(language, signature, ' ', '('),
    languages.registerCodeActionsProvider(language, quickFixes, {
      providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
    }),
    languages.registerDocumentFormattingEditProvider(language, formatting),
    languages.registerDefinitionProvider(language, definition),
    languages.registerReferenceProvider(language, references),
    languages.registerDocumentHighlightProvider(language, highlights),
    languages.registerRenameProvider(language, renaming),
    languages.registerHoverProvider(language, hover),
    languages.registerDocumentSymbolProvider(language, outline),
    languages.registerFoldingRangeProvider(language, folding),
    languages.registerDocumentSemanticTokensProvider(language, colours, colourLegend),
    languages.registerInlineValuesProvider(language, inlineValues),
    languages.registerEvaluatableExpressionProvider(language, evaluatable),
  ];
}
