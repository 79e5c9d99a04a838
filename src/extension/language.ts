import * as vscode from 'vscode';
import { checkScenario } from '../scenario/checker';
import type { Diagnostic } from '../scenario/diagnostics';
import { formatScenario } from '../scenario/formatter';
import type { Position } from '../scenario/source';
import { type Entry, VOCABULARY } from '../scenario/vocabulary';
import { type DeclaredName, declaredNames, explain, placesAt } from './language-words';

const language = 'hmm';
/** Time without typing after which a scenario is checked, in milliseconds. */
const checkDelay = 200;

const at = ({ line, column }: Position) => new vscode.Position(line - 1, column - 1);

function shown({ start, end, message, severity, code }: Diagnostic): vscode.Diagnostic {
  const severities = { error: vscode.DiagnosticSeverity.Error, warning: vscode.DiagnosticSeverity.Warning };
  const diagnostic = new vscode.Diagnostic(
    new vscode.Range(at(start), at(end)),
    message,
    severities[severity],
  );
  diagnostic.source = 'hmm';
  diagnostic.code = code;
  return diagnostic;
}

/** Checks open scenarios: at once when opened, a moment after the last key while typing. */
class LiveDiagnostics implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection(language);
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly disposables = [
    this.collection,
    vscode.workspace.onDidOpenTextDocument((document) => this.check(document)),
    vscode.workspace.onDidChangeTextDocument(({ document }) => this.checkSoon(document)),
    vscode.workspace.onDidCloseTextDocument((document) => this.forget(document)),
  ];

  constructor() {
    for (const document of vscode.workspace.textDocuments) this.check(document);
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const disposable of this.disposables) disposable.dispose();
  }

  private check(document: vscode.TextDocument): void {
    if (document.languageId !== language) return;
    const diagnostics = checkScenario(document.getText(), document.fileName);
    this.collection.set(document.uri, diagnostics.map(shown));
  }

  private checkSoon(document: vscode.TextDocument): void {
    if (document.languageId !== language) return;
    const key = document.uri.toString();
    clearTimeout(this.timers.get(key));
    const check = () => {
      this.timers.delete(key);
      if (!document.isClosed) this.check(document);
    };
    this.timers.set(key, setTimeout(check, checkDelay));
  }

  private forget(document: vscode.TextDocument): void {
    this.collection.delete(document.uri);
  }
}

function textBefore(document: vscode.TextDocument, position: vscode.Position): string {
  return document.getText(new vscode.Range(new vscode.Position(0, 0), position));
}

const nameKinds: Record<DeclaredName['kind'], vscode.CompletionItemKind> = {
  device: vscode.CompletionItemKind.Class,
  process: vscode.CompletionItemKind.Module,
  thread: vscode.CompletionItemKind.Module,
  file: vscode.CompletionItemKind.File,
  buffer: vscode.CompletionItemKind.Variable,
  value: vscode.CompletionItemKind.Constant,
};

function wordItem({ word, form, doc }: Entry): vscode.CompletionItem {
  const item = new vscode.CompletionItem(word, vscode.CompletionItemKind.Keyword);
  item.detail = form;
  item.documentation = doc;
  return item;
}

function nameItem({ name, kind }: DeclaredName): vscode.CompletionItem {
  const item = new vscode.CompletionItem(name, nameKinds[kind]);
  item.detail = kind;
  return item;
}

const completion: vscode.CompletionItemProvider = {
  provideCompletionItems(document, position) {
    const places = placesAt(textBefore(document, position));
    const words = VOCABULARY.filter(({ place }) => places.includes(place)).map(wordItem);
    const takesNames = places.includes('statement') || places.includes('expression');
    return takesNames ? [...words, ...declaredNames(document.getText()).map(nameItem)] : words;
  },
};

const hover: vscode.HoverProvider = {
  provideHover(document, position) {
    const word = document.getWordRangeAtPosition(position, /[A-Za-z_]\w*/);
    if (word === undefined) return undefined;
    const entries = explain(textBefore(document, word.end)).slice(0, 3);
    const texts = entries.map(({ form, doc }) =>
      new vscode.MarkdownString().appendCodeblock(form, language).appendMarkdown(doc),
    );
    return texts.length === 0 ? undefined : new vscode.Hover(texts, word);
  },
};

const formatting: vscode.DocumentFormattingEditProvider = {
  provideDocumentFormattingEdits(document) {
    const text = document.getText();
    const formatted = formatScenario(text);
    if (formatted === text) return [];
    const whole = new vscode.Range(document.positionAt(0), document.positionAt(text.length));
    return [vscode.TextEdit.replace(whole, formatted)];
  },
};

/** Registers what the editor knows of the scenario language besides its colours. */
export function registerLanguage(): vscode.Disposable[] {
  return [
    new LiveDiagnostics(),
    vscode.languages.registerCompletionItemProvider(language, completion),
    vscode.languages.registerHoverProvider(language, hover),
    vscode.languages.registerDocumentFormattingEditProvider(language, formatting),
  ];
}
