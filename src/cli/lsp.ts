/** `hmm-trace lsp`: the language server, for editors other than VS Code. */

import { type Command, UsageError } from './command';
import { serveLanguage } from './language-server';

export const lsp: Command = {
  usage: 'hmm-trace lsp',
  main: async (args) => {
    // Editors name the way they talk, and there is only one.
    if (args.some((arg) => arg !== '--stdio')) throw new UsageError('lsp takes no arguments');
    serveLanguage(process.stdin, process.stdout);
    // The connection ends the process when the editor says `exit` or goes.
    return new Promise(() => undefined);
  },
};
