/** Files of the command line: read to a limit, written with a sentence where that fails. */

import { closeSync, openSync, readSync, type Stats, statSync, writeFileSync } from 'node:fs';

/** Bytes of a scenario at most. */
const MOST_BYTES = 4 * 2 ** 20;

/** The file can't be read or written; the message says why in one sentence. */
export class FileError extends Error {}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be used',
  EPERM: 'it may not be used',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is not a directory',
  ELOOP: 'its symbolic links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
  EROFS: 'its file system is read-only',
  ENOSPC: 'no space is left',
  EDQUOT: 'no space is left',
  EBADF: 'it is closed',
  EIO: 'the device has failed',
};

/** Why something with a file has failed, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? message;
}

/** What a thing that is no file is; undefined for a file. */
function otherKind(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return 'it is a directory';
  if (stats.isFIFO()) return 'it is a pipe';
  if (stats.isSocket()) return 'it is a socket';
  return 'it is a device';
}

/** The bytes of a file that is no longer than a scenario may be; a file that says it is shorter than it is, is caught too. */
function bytesOf(file: string): Buffer {
  const kind = otherKind(statSync(file));
  if (kind !== undefined) throw new FileError(`${file}: ${kind}`);
  const bytes = Buffer.alloc(MOST_BYTES + 1);
  const descriptor = openSync(file, 'r');
  try {
    let size = 0;
    for (let read = -1; read !== 0 && size < bytes.length; size += read)
      read = readSync(descriptor, bytes, size, bytes.length - size, null);
    if (size > MOST_BYTES) throw new FileError(`${file}: it is too large for a scenario`);
    return bytes.subarray(0, size);
  } finally {
    closeSync(descriptor);
  }
}

/** The text of a scenario file. Throws FileError. */
export function readSource(file: string): string {
  let bytes: Buffer;
  try {
    bytes = bytesOf(file);
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError(`${file}: ${reasonOf(error)}`);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Reported below, together with texts that have a NUL.
  }
  throw new FileError(`${file}: it is not a text file`);
}

/** Replaces the text of a file. Throws FileError. */
export function writeSource(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new FileError(`${file}: it can't be written: ${reasonOf(error)}`);
  }
}
