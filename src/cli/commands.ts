import { check } from './check';
import type { Command } from './command';
import { dap } from './dap';
import { format } from './format';
import { lsp } from './lsp';
import { profiles } from './profiles';
import { run } from './run';

/** Every sub-command, in the order in which help lists them. */
export const commands: ReadonlyMap<string, Command> = new Map([
  ['run', run],
  ['check', check],
  ['format', format],
  ['profiles', profiles],
  ['dap', dap],
  ['lsp', lsp],
]);
