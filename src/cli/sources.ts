/** Scenario files, read and compiled. */

import { readFileSync, statSync } from 'node:fs';
import { formatDiagnostic } from '../language';
import { type CompileOptions, compileScenario, type Program } from '../program';
import type { Io } from './command';

/** Bytes of a scenario at most. */
const MOST_BYTES = 4 * 2 ** 20;

/** The file can't be read as a scenario; the message says why in one sentence. */
export class SourceError extends Error {}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is not a directory',
};

function reasonOf(error: unknown): string {
  const { code } = error as { code?: string };
  return REASONS[code ?? ''] ?? (error instanceof Error ? error.message : String(error));
}

/** The text of a scenario file. Throws SourceError. */
export function readSource(file: string): string {
  let bytes: Buffer;
  try {
    const stats = statSync(file);
    if (stats.isDirectory()) throw new SourceError(`${file}: it is a directory`);
    if (stats.size > MOST_BYTES) throw new SourceError(`${file}: it is too large for a scenario`);
    bytes = readFileSync(file);
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw new SourceError(`${file}: ${reasonOf(error)}`);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Reported below, together with texts that have a NUL.
  }
  throw new SourceError(`${file}: it is not a text file`);
}

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
    if (!(error instanceof SourceError)) throw error;
    io.error(`${error.message}\n`);
    return undefined;
  }
}
