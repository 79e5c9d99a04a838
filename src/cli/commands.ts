import type { Command } from './command';

/** A sub-command as help lists it. What it does is loaded when it is called, so that each starts as soon as it can. */
interface Listed {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** Every sub-command, in the order in which help lists them. */
export const commands: ReadonlyMap<string, Listed> = new Map<string, Listed>([
  [
    'run',
    {
      summary: 'run scenarios to their end and check what they expect',
      load: async () => (await import('./run')).run,
    },
  ],
  [
    'check',
    {
      summary: 'report what is wrong with scenarios, without running them',
      load: async () => (await import('./check')).check,
    },
  ],
  [
    'format',
    {
      summary: 'put scenarios into the one layout; with --check only say which are not',
      load: async () => (await import('./format')).format,
    },
  ],
  [
    'profiles',
    {
      summary: 'the kernels whose semantics there are, or in what two of them differ',
      load: async () => (await import('./profiles')).profiles,
    },
  ],
  [
    'dap',
    {
      summary: 'the debug adapter, over standard input and output or a port',
      load: async () => (await import('./dap')).dap,
    },
  ],
  [
    'lsp',
    {
      summary: 'the language server, over standard input and output',
      load: async () => (await import('./lsp')).lsp,
    },
  ],
]);
