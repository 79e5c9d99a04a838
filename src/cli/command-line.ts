/** The `hmm-trace` command line. */

import { version } from '../../package.json';
import { harmless } from '../language/characters';
import { didYouMean } from '../language/suggest';
import { type Command, Exit, type ExitCode, type Io, UsageError } from './command';
import { commands } from './commands';

function help(): string {
  const width = Math.max(...[...commands.keys()].map((name) => name.length));
  const lines = [...commands].map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    "Runs Linux's heterogeneous memory management as a program: scenarios (.hmm files) say what happens.",
    '',
    ...lines,
    '',
    '`hmm-trace COMMAND --help` says more of one, `hmm-trace --version` which version this is.',
    '',
  ].join('\n');
}

async function runCommand(command: Command, args: readonly string[], io: Io): Promise<ExitCode> {
  if (args.includes('--help') || args.includes('-h')) {
    io.out(`${command.usage}\n`);
    return Exit.Ok;
  }
  try {
    return await command.main(args, io);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.error(`hmm-trace: ${error.message}\n${command.usage}\n`);
    return Exit.Bad;
  }
}

/** Writes only what prints: a scenario's texts and the names of files can't steer a terminal. */
const printing = ({ out, error, onInterrupt }: Io): Io => ({
  out: (text) => out(harmless(text)),
  error: (text) => error(harmless(text)),
  onInterrupt,
});

/** Runs one command line; the result is the exit code. */
export async function main(argv: readonly string[], anyIo: Io): Promise<ExitCode> {
  const io = printing(anyIo);
  const [name, ...args] = argv;
  if (name === '--version' || name === '-V') {
    io.out(`hmm-trace ${version}\n`);
    return Exit.Ok;
  }
  if (name === undefined || name === '--help' || name === '-h') {
    io.out(help());
    return name === undefined ? Exit.Bad : Exit.Ok;
  }
  const command = commands.get(name);
  if (command !== undefined) return runCommand(await command.load(), args, io);
  io.error(`hmm-trace: there is no command \`${name}\`${didYouMean(name, commands.keys())}\n${help()}`);
  return Exit.Bad;
}
