import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import * as vscode from 'vscode';
import { extension, until } from './editor';

describe('commands', () => {
  it('every command that the manifest names is there once the extension runs', async () => {
    const { packageJSON } = await extension();
    const named = (packageJSON as { contributes: { commands: { command: string }[] } }).contributes.commands;
    const there = new Set(await vscode.commands.getCommands(true));
    assert(named.length > 0);
    assert.deepEqual(
      named.map(({ command }) => command).filter((command) => !there.has(command)),
      [],
    );
  });

  it('New Scenario opens one that has no mistake', async () => {
    await vscode.commands.executeCommand('hmm.newScenario');
    const document = vscode.window.activeTextEditor?.document;
    assert.equal(document?.languageId, 'hmm');
    assert.match(document.getText(), /^process /m);
    // The mistake of the empty document, which it was for a moment, goes.
    await until(() => (vscode.languages.getDiagnostics(document.uri).length === 0 ? true : undefined));
  });
});
