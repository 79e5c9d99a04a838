/** `hmm-trace check`: syntax, names and sizes, without running anything. */

import { profileOption, readArguments } from './arguments';
import { type Command, Exit } from './command';
import { compileFiles } from './sources';

export const check: Command = {
  usage: 'hmm-trace check FILE… [--profile VERSION]',
  main: async (args, io) => {
    const { files, text } = readArguments(args, { profile: { type: 'string' } });
    const programs = compileFiles(files, profileOption(text('profile')), io, io.out);
    return programs === undefined ? Exit.Bad : Exit.Ok;
  },
};
