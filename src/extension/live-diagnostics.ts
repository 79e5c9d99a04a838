import * as vscode from 'vscode';
import { checkScenario, type Diagnostic, type Position } from '../language';
import { language } from './session';

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
export class LiveDiagnostics implements vscode.Disposable {
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
