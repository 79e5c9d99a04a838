/** `hmm-trace format`: puts scenarios into the one layout. */

import { diagnose, formatDiagnostic, formatScenario, parseScenario } from '../language';
import { readArguments } from './arguments';
import { type Command, Exit, type Io } from './command';
import { FileError, readSource, writeSource } from './files';

type Result = 'same' | 'different' | 'bad';

function formatFile(file: string, write: boolean, io: Io): Result {
  const text = readSource(file);
  const { problems } = parseScenario(text);
  if (problems.length > 0) {
    for (const diagnostic of diagnose(problems, file, text)) io.error(`${formatDiagnostic(diagnostic)}\n`);
    return 'bad';
  }
  const formatted = formatScenario(text);
  if (formatted === text) return 'same';
  if (write) writeSource(file, formatted);
  return 'different';
}

function tryFormat(file: string, write: boolean, io: Io): Result {
  try {
    return formatFile(file, write, io);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    io.error(`${error.message}\n`);
    return 'bad';
  }
}

export const format: Command = {
  usage: 'hmm-trace format FILE… [--check]',
  main: async (args, io) => {
    const { files, flag } = readArguments(args, { check: { type: 'boolean' } });
    const only = flag('check');
    const results = files.map((file) => ({ file, result: tryFormat(file, !only, io) }));
    const changed = results.filter(({ result }) => result === 'different');
    for (const { file } of changed)
      io.out(only ? `${file}: not in the one layout\n` : `${file}: formatted\n`);
    if (results.some(({ result }) => result === 'bad')) return Exit.Bad;
    return only && changed.length > 0 ? Exit.Failed : Exit.Ok;
  },
};
