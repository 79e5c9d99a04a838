/** Scenario files, compiled. */

import { formatDiagnostic } from '../language';
import { type CompileOptions, compileScenario, type Program } from '../program';
import type { Io } from './command';
import { FileError, readSource } from './files';

/**
 * Compiles the files, writing what is wrong with them to `write`. Undefined where one of them has errors.
 */
export function compileFiles(
  files: readonly string[],
  options: CompileOptions,
  io: Io,
  write: (text: string) => void,
): Program[] | undefined {
  const programs: Program[] = [];
  for (const file of files) {
    const program = compileFile(file, options, io, write);
    if (program !== undefined) programs.push(program);
  }
  return programs.length === files.length ? programs : undefined;
}

function compileFile(
  file: string,
  options: CompileOptions,
  io: Io,
  write: (text: string) => void,
): Program | undefined {
  try {
    const { diagnostics, program } = compileScenario(readSource(file), file, options);
    for (const diagnostic of diagnostics) write(`${formatDiagnostic(diagnostic)}\n`);
    return program;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    io.error(`${error.message}\n`);
    return undefined;
  }
}
