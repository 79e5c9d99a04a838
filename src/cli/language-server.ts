/** The scenario language for any editor: the functions of src/language over the Language Server Protocol. */

import {
  type CodeAction,
  CodeActionKind,
  type CompletionItem,
  CompletionItemKind,
  createConnection,
  type Diagnostic,
  DiagnosticSeverity,
  DocumentHighlightKind,
  type DocumentSymbol,
  ErrorCodes,
  InsertTextFormat,
  MarkupKind,
  type Range,
  ResponseError,
  SemanticTokensBuilder,
  type ServerCapabilities,
  SymbolKind,
  TextDocumentSyncKind,
  TextDocuments,
  type TextEdit,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import {
  COLOURS,
  type Completion,
  checkScenario,
  coloursOf,
  completeAt,
  definitionAt,
  describeAt,
  fixesFor,
  foldsOf,
  formatScenario,
  referencesAt,
  renamableAt,
  renameAt,
  type ScenarioSymbol,
  type Span,
  signatureAt,
  symbolsOf,
} from '../language';

const capabilities: ServerCapabilities = {
  textDocumentSync: TextDocumentSyncKind.Incremental,
  completionProvider: { triggerCharacters: ['.'] },
  signatureHelpProvider: { triggerCharacters: [' ', '('] },
  hoverProvider: true,
  definitionProvider: true,
  referencesProvider: true,
  documentHighlightProvider: true,
  documentSymbolProvider: true,
  documentFormattingProvider: true,
  foldingRangeProvider: true,
  renameProvider: { prepareProvider: true },
  codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
  semanticTokensProvider: {
    legend: { tokenTypes: [...COLOURS], tokenModifiers: ['declaration'] },
    full: true,
  },
};

const completionKinds: Record<Completion['kind'], CompletionItemKind> = {
  keyword: CompletionItemKind.Keyword,
  name: CompletionItemKind.Variable,
  constant: CompletionItemKind.EnumMember,
  function: CompletionItemKind.Function,
  member: CompletionItemKind.Field,
  snippet: CompletionItemKind.Snippet,
};

const symbolKinds: Record<ScenarioSymbol['kind'], SymbolKind> = {
  device: SymbolKind.Class,
  file: SymbolKind.File,
  value: SymbolKind.Constant,
  process: SymbolKind.Module,
  child: SymbolKind.Module,
  thread: SymbolKind.Function,
  buffer: SymbolKind.Array,
  pin: SymbolKind.Key,
  barrier: SymbolKind.Event,
};

const rangeOf = (document: TextDocument, { start, end }: Span): Range => ({
  start: document.positionAt(start),
  end: document.positionAt(end),
});

function diagnosticsOf(document: TextDocument): Diagnostic[] {
  return checkScenario(document.getText(), document.uri).map(({ span, severity, code, message }) => ({
    range: rangeOf(document, span),
    severity: severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    code,
    source: 'hmm',
    message,
  }));
}

function completionItem({ label, kind, detail, snippet }: Completion): CompletionItem {
  const item = { label, kind: completionKinds[kind], detail };
  if (snippet === undefined) return item;
  return { ...item, insertText: snippet, insertTextFormat: InsertTextFormat.Snippet };
}

const documentSymbol = (document: TextDocument, symbol: ScenarioSymbol): DocumentSymbol => ({
  name: symbol.name,
  detail: symbol.detail,
  kind: symbolKinds[symbol.kind],
  range: rangeOf(document, symbol.span),
  selectionRange: rangeOf(document, symbol.nameSpan),
  children: symbol.children.map((child) => documentSymbol(document, child)),
});

function edit(document: TextDocument, { span, text }: { span: Span; text: string }): TextEdit {
  return { range: rangeOf(document, span), newText: text };
}

const overlaps = (document: TextDocument, { start, end }: Span, range: Range): boolean =>
  start <= document.offsetAt(range.end) && document.offsetAt(range.start) <= end;

function quickFixes(document: TextDocument, range: Range, diagnostics: readonly Diagnostic[]): CodeAction[] {
  const fixes = fixesFor(checkScenario(document.getText(), document.uri));
  return fixes
    .filter(({ diagnostic }) => overlaps(document, diagnostic.span, range))
    .map((fix) => ({
      title: fix.title,
      kind: CodeActionKind.QuickFix,
      isPreferred: true,
      diagnostics: diagnostics.filter(({ message }) => message === fix.diagnostic.message),
      edit: { changes: { [document.uri]: [edit(document, fix.edit)] } },
    }));
}

/** Answers an editor's questions until it goes. */
export function serveLanguage(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): void {
  const connection = createConnection(input, output);
  const documents = new TextDocuments(TextDocument);
  /** Answers with the document in question; with nothing where the editor never opened it. */
  const about = <P extends { textDocument: { uri: string } }, R>(
    answer: (document: TextDocument, params: P) => R,
  ) => {
    return (params: P): R | null => {
      const document = documents.get(params.textDocument.uri);
      return document === undefined ? null : answer(document, params);
    };
  };
  connection.onInitialize(() => ({ capabilities, serverInfo: { name: 'hmm-trace' } }));
  documents.onDidChangeContent(({ document }) => {
    void connection.sendDiagnostics({ uri: document.uri, diagnostics: diagnosticsOf(document) });
  });
  documents.onDidClose(({ document }) => {
    void connection.sendDiagnostics({ uri: document.uri, diagnostics: [] });
  });
  connection.onCompletion(
    about((d, { position }) => completeAt(d.getText(), d.offsetAt(position)).map(completionItem)),
  );
  connection.onSignatureHelp(
    about((d, { position }) => {
      const found = signatureAt(d.getText(), d.offsetAt(position));
      if (found === undefined) return null;
      const { form, doc, active } = found;
      const parameters =
        active === undefined ? [] : [{ label: [active.start, active.end] as [number, number] }];
      return {
        signatures: [{ label: form, documentation: doc, parameters }],
        activeSignature: 0,
        activeParameter: 0,
      };
    }),
  );
  connection.onHover(
    about((d, { position }) => {
      const found = describeAt(d.getText(), d.offsetAt(position));
      if (found === undefined) return null;
      return { contents: { kind: MarkupKind.Markdown, value: found.markdown }, range: rangeOf(d, found) };
    }),
  );
  connection.onDefinition(
    about((d, { position }) => {
      const found = definitionAt(d.getText(), d.offsetAt(position));
      return found === undefined ? null : { uri: d.uri, range: rangeOf(d, found.nameSpan) };
    }),
  );
  connection.onReferences(
    about((d, { position, context }) =>
      referencesAt(d.getText(), d.offsetAt(position))
        .filter(({ declares }) => context.includeDeclaration || !declares)
        .map(({ span }) => ({ uri: d.uri, range: rangeOf(d, span) })),
    ),
  );
  connection.onDocumentHighlight(
    about((d, { position }) =>
      referencesAt(d.getText(), d.offsetAt(position)).map(({ span, declares }) => ({
        range: rangeOf(d, span),
        kind: declares ? DocumentHighlightKind.Write : DocumentHighlightKind.Read,
      })),
    ),
  );
  connection.onPrepareRename(
    about((d, { position }) => {
      const found = renamableAt(d.getText(), d.offsetAt(position));
      return found === undefined ? null : rangeOf(d, found.span);
    }),
  );
  connection.onRenameRequest(
    about((d, { position, newName }) => {
      const result = renameAt(d.getText(), d.offsetAt(position), newName);
      if ('error' in result) throw new ResponseError(ErrorCodes.InvalidRequest, result.error);
      return { changes: { [d.uri]: result.edits.map((change) => edit(d, change)) } };
    }),
  );
  connection.onCodeAction(about((d, { range, context }) => quickFixes(d, range, context.diagnostics)));
  connection.onDocumentSymbol(
    about((d) => symbolsOf(d.getText()).map((symbol) => documentSymbol(d, symbol))),
  );
  connection.onDocumentFormatting(
    about((d) => {
      const text = d.getText();
      const formatted = formatScenario(text);
      return formatted === text ? [] : [edit(d, { span: { start: 0, end: text.length }, text: formatted })];
    }),
  );
  connection.onFoldingRanges(
    about((d) =>
      foldsOf(d.getText()).map(({ first, last, kind }) => ({
        startLine: first - 1,
        endLine: last - 1,
        ...(kind === 'comment' ? { kind: 'comment' } : {}),
      })),
    ),
  );
  connection.languages.semanticTokens.on((params) => {
    const builder = new SemanticTokensBuilder();
    const document = documents.get(params.textDocument.uri);
    if (document === undefined) return builder.build();
    for (const { span, colour, declares } of coloursOf(document.getText())) {
      const { line, character } = document.positionAt(span.start);
      builder.push(line, character, span.end - span.start, COLOURS.indexOf(colour), declares ? 1 : 0);
    }
    return builder.build();
  });
  documents.listen(connection);
  connection.listen();
}
