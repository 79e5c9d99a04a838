import * as vscode from 'vscode';
import {
  type Completion,
  completeAt,
  definitionAt,
  describeAt,
  formatScenario,
  type ScenarioSymbol,
  type Span,
  type SymbolKind,
  symbolsOf,
} from '../language';
import { hoveredExpression } from './hovered-expression';
import { LiveDiagnostics } from './live-diagnostics';
import { language } from './session';

function rangeOf(document: vscode.TextDocument, { start, end }: Span): vscode.Range {
  return new vscode.Range(document.positionAt(start), document.positionAt(end));
}

const completionKinds: Record<Completion['kind'], vscode.CompletionItemKind> = {
  keyword: vscode.CompletionItemKind.Keyword,
  name: vscode.CompletionItemKind.Variable,
  constant: vscode.CompletionItemKind.EnumMember,
  function: vscode.CompletionItemKind.Function,
};

const completion: vscode.CompletionItemProvider = {
  provideCompletionItems(document, position) {
    return completeAt(document.getText(), document.offsetAt(position)).map(({ label, kind, detail }) => {
      const item = new vscode.CompletionItem(label, completionKinds[kind]);
      item.detail = detail;
      return item;
    });
  },
};

const hover: vscode.HoverProvider = {
  provideHover(document, position) {
    const found = describeAt(document.getText(), document.offsetAt(position));
    if (found === undefined) return undefined;
    return new vscode.Hover(new vscode.MarkdownString(found.markdown), rangeOf(document, found));
  },
};

const formatting: vscode.DocumentFormattingEditProvider = {
  provideDocumentFormattingEdits(document) {
    const text = document.getText();
    const formatted = formatScenario(text);
    if (formatted === text) return [];
    return [vscode.TextEdit.replace(rangeOf(document, { start: 0, end: text.length }), formatted)];
  },
};

const symbolKinds: Record<SymbolKind, vscode.SymbolKind> = {
  device: vscode.SymbolKind.Class,
  file: vscode.SymbolKind.File,
  value: vscode.SymbolKind.Constant,
  process: vscode.SymbolKind.Module,
  child: vscode.SymbolKind.Module,
  thread: vscode.SymbolKind.Function,
  buffer: vscode.SymbolKind.Array,
  pin: vscode.SymbolKind.Key,
  barrier: vscode.SymbolKind.Event,
};

const outline: vscode.DocumentSymbolProvider = {
  provideDocumentSymbols(document) {
    const shownSymbol = ({ name, detail, kind, span, nameSpan, children }: ScenarioSymbol) => {
      const [whole, ofName] = [rangeOf(document, span), rangeOf(document, nameSpan)];
      const symbol = new vscode.DocumentSymbol(name, detail, symbolKinds[kind], whole, ofName);
      symbol.children = children.map(shownSymbol);
      return symbol;
    };
    return symbolsOf(document.getText()).map(shownSymbol);
  },
};

const definition: vscode.DefinitionProvider = {
  provideDefinition(document, position) {
    const found = definitionAt(document.getText(), document.offsetAt(position));
    return found === undefined
      ? undefined
      : new vscode.Location(document.uri, rangeOf(document, found.nameSpan));
  },
};

const allNames = (symbols: readonly ScenarioSymbol[]): string[] =>
  symbols.flatMap(({ name, children }) => [name, ...allNames(children)]);

/** Names that expressions begin with besides those a scenario declares. */
const machineNames = ['zone', 'node', 'page'];

const evaluatable: vscode.EvaluatableExpressionProvider = {
  provideEvaluatableExpression(document, position) {
    const found = hoveredExpression(document.lineAt(position).text, position.character);
    const names = [...machineNames, ...allNames(symbolsOf(document.getText()))];
    if (found === undefined || !names.includes(found.root)) return undefined;
    const { line } = position;
    return new vscode.EvaluatableExpression(new vscode.Range(line, found.start, line, found.end));
  },
};

/** Registers what the editor knows of the scenario language besides its colours. */
export function registerLanguage(): vscode.Disposable[] {
  return [
    new LiveDiagnostics(),
    vscode.languages.registerCompletionItemProvider(language, completion),
    vscode.languages.registerHoverProvider(language, hover),
    vscode.languages.registerDocumentFormattingEditProvider(language, formatting),
    vscode.languages.registerDocumentSymbolProvider(language, outline),
    vscode.languages.registerDefinitionProvider(language, definition),
    vscode.languages.registerEvaluatableExpressionProvider(language, evaluatable),
  ];
}
