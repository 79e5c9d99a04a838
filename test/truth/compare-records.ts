/** Every record of a directory against the engine. */

import { basename } from 'node:path';
import { checkProgram, isWide } from './check-record';
import { compareLog } from './compare-log';
import { compareProgram, type Difference } from './compare-program';
import type { Level } from './divergence';
import { NotRunnable, runLog, runProgram } from './engine-run';
import { knownDifference } from './known-differences';
import { checkLog, isLog, type LogRecord } from './log-record';
import { logToScenario } from './log-to-scenario';
import { type Read, readRecords } from './read-records';
import { operationName, type ProgramRecord } from './record';
import { NotConvertible } from './statements';
import { type Converted, toScenario } from './to-scenario';
import type { Source, Verdict } from './verdict';

/** The id of a record, whatever else is wrong with it; files of wide programs have the same ones again. */
function idOf(file: string, value: unknown): string {
  const fields = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const id = String(fields['id'] ?? fields['test'] ?? '?');
  return isWide(fields['ops']) ? `${basename(file).split('.')[0]}/${id}` : id;
}

/** The operation whose statement stands on a line of the converted text. */
function operationAt(record: ProgramRecord, { lines, drained }: Converted, line: number): string {
  const index = lines.findIndex((at, i) => at <= line && line <= (drained[i] ?? 0));
  const op = record.ops[index];
  return op === undefined ? 'record' : operationName(op);
}

function verdict(source: Source, id: string, difference: Difference | undefined): Verdict {
  if (difference === undefined) return { ...source, id, kind: 'agree' };
  return { ...source, id, kind: 'differ', difference };
}

function compareOneProgram(source: Source, id: string, record: ProgramRecord, level: Level): Verdict {
  const converted = toScenario(record);
  try {
    return verdict(source, id, compareProgram(record, runProgram(record, converted), level));
  } catch (error) {
    if (!(error instanceof NotRunnable)) throw error;
    const operation = operationAt(record, converted, error.line);
    return { ...source, id, kind: 'unsupported', operation, reason: error.message };
  }
}

function compareOneLog(source: Source, record: LogRecord): Verdict {
  try {
    const found = verdict(source, record.test, compareLog(record, runLog(logToScenario(record), record)));
    const reason = knownDifference(record.kernel, record.test);
    return found.kind === 'differ' && reason !== undefined ? { ...found, kind: 'known', reason } : found;
  } catch (error) {
    if (!(error instanceof NotRunnable)) throw error;
    const { test: id, source: operation } = record;
    return { ...source, id, kind: 'unsupported', operation, reason: error.message };
  }
}

function compareOne(read: Read, order: number, level: Level): Verdict {
  const source = { order, file: read.file, line: read.line };
  if ('problem' in read)
    return { ...source, kind: 'unsupported', id: '?', operation: 'file', reason: read.problem };
  const id = idOf(read.file, read.value);
  const record = isLog(read.value) ? checkLog(read.value) : checkProgram(read.value, read.file);
  if ('reason' in record) return { ...source, id, kind: 'unsupported', ...record };
  try {
    return 'ops' in record ? compareOneProgram(source, id, record, level) : compareOneLog(source, record);
  } catch (error) {
    if (!(error instanceof NotConvertible)) throw error;
    return { ...source, id, kind: 'unsupported', operation: error.operation, reason: error.message };
  }
}

/** Which records to compare: every `count`th from `index` on, or the one with this id. */
type Selection = { readonly index: number; readonly count: number } | { readonly id: string };

const ALL: Selection = { index: 0, count: 1 };

/** Compares the records below `directory`, in the order of the files. */
export function* compareRecords(directory: string, level: Level, which = ALL): Iterable<Verdict> {
  let order = -1;
  for (const read of readRecords(directory)) {
    order++;
    const chosen =
      'id' in which
        ? !('problem' in read) && idOf(read.file, read.value) === which.id
        : order % which.count === which.index;
    if (chosen) yield compareOne(read, order, level);
  }
}

/** A record as a scenario; undefined where there is none with this id. Throws NotConvertible. */
export function scenarioOf(directory: string, id: string): string | undefined {
  for (const read of readRecords(directory)) {
    if ('problem' in read || idOf(read.file, read.value) !== id) continue;
    const record = isLog(read.value) ? checkLog(read.value) : checkProgram(read.value, read.file);
    if ('reason' in record) throw new NotConvertible(record.operation, record.reason);
    return 'ops' in record ? toScenario(record).text : logToScenario(record);
  }
  return undefined;
}
