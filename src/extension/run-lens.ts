import * as vscode from 'vscode';
import { language } from './session';

/** *Debug* and *Run* above a scenario. */
const lenses: vscode.CodeLensProvider = {
  provideCodeLenses(document) {
    if (document.isUntitled) return [];
    const top = new vscode.Range(0, 0, 0, 0);
    const lens = (title: string, command: string, tooltip: string) =>
      new vscode.CodeLens(top, { title, command, tooltip, arguments: [document.uri] });
    return [
      lens('$(debug-alt) Debug', 'hmm.debugFile', 'Debug this scenario (F5)'),
      lens('$(play) Run', 'hmm.runFile', 'Run this scenario to its end and check what it expects (Ctrl+F5)'),
    ];
  },
};

export const registerRunLens = (): vscode.Disposable =>
  vscode.languages.registerCodeLensProvider(language, lenses);
