/** What helps while a scenario is read: hovers, outline, folds, colours, values while it is stopped. */

import * as vscode from 'vscode';
import {
  COLOURS,
  coloursOf,
  describeAt,
  foldsOf,
  inlineExpressions,
  type ScenarioSymbol,
  type SymbolKind,
  symbolsOf,
} from '../language';
import { hoveredExpression } from './hovered-expression';
import { rangeOf } from './language-places';

export const hover: vscode.HoverProvider = {
  provideHover(document, position) {
    const found = describeAt(document.getText(), document.offsetAt(position));
    if (found === undefined) return undefined;
    return new vscode.Hover(new vscode.MarkdownString(found.markdown), rangeOf(document, found));
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

export const outline: vscode.DocumentSymbolProvider = {
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

export const folding: vscode.FoldingRangeProvider = {
  provideFoldingRanges: (document) =>
    foldsOf(document.getText()).map(
      ({ first, last, kind }) =>
        new vscode.FoldingRange(
          first - 1,
          last - 1,
          kind === 'comment' ? vscode.FoldingRangeKind.Comment : undefined,
        ),
    ),
};

export const colourLegend = new vscode.SemanticTokensLegend([...COLOURS], ['declaration']);

export const colours: vscode.DocumentSemanticTokensProvider = {
  provideDocumentSemanticTokens(document) {
    const builder = new vscode.SemanticTokensBuilder(colourLegend);
    for (const { span, colour, declares } of coloursOf(document.getText()))
      builder.push(rangeOf(document, span), colour, declares ? ['declaration'] : []);
    return builder.build();
  },
};

/** Values behind the lines above and at the one where the scenario is stopped. */
export const inlineValues: vscode.InlineValuesProvider = {
  provideInlineValues(document, viewPort, { stoppedLocation }) {
    const start = document.offsetAt(viewPort.start);
    const end = document.offsetAt(document.lineAt(stoppedLocation.end.line).range.end);
    return inlineExpressions(document.getText(), { start, end }).map(
      (span) => new vscode.InlineValueEvaluatableExpression(rangeOf(document, span)),
    );
  },
};

const allNames = (symbols: readonly ScenarioSymbol[]): string[] =>
  symbols.flatMap(({ name, children }) => [name, ...allNames(children)]);

/** Names that expressions begin with besides those a scenario declares. */
const machineNames = ['zone', 'node', 'page'];

export const evaluatable: vscode.EvaluatableExpressionProvider = {
  provideEvaluatableExpression(document, position) {
    const found = hoveredExpression(document.lineAt(position).text, position.character);
    const names = [...machineNames, ...allNames(symbolsOf(document.getText()))];
    if (found === undefined || !names.includes(found.root)) return undefined;
    const { line } = position;
    return new vscode.EvaluatableExpression(new vscode.Range(line, found.start, line, found.end));
  },
};
