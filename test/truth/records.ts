/** The records that are kept here, and those of the whole folder where it lies beside the project. */

import { fileURLToPath } from 'node:url';
import { checkProgram } from './check-record';
import { isLog } from './log-record';
import { readRecords } from './read-records';
import type { ProgramRecord } from './record';

/** Directory of the records kept with the tests. */
export const KEPT_RECORDS = fileURLToPath(new URL('./records', import.meta.url));

/** Every program of a directory, without the logs; throws where one can't be read. */
export function allPrograms(directory: string): ProgramRecord[] {
  const programs: ProgramRecord[] = [];
  for (const read of readRecords(directory)) {
    const where = `${read.file}:${read.line}`;
    if ('problem' in read) throw new Error(`${where}: ${read.problem}`);
    if (isLog(read.value)) continue;
    const record = checkProgram(read.value, read.file);
    if ('reason' in record) throw new Error(`${where}: ${record.reason}`);
    programs.push(record);
  }
  return programs;
}
