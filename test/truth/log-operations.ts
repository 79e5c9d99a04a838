/** What a logged program did, in order: an experiment says so itself, of a self-test it follows from its log. */

import type { LogEntry, LogRecord } from './log-record';

/** An operation, with the signal it ends in. */
export interface LoggedOperation extends LogEntry {
  readonly op: string;
  readonly signal?: { readonly sig: string; readonly code: number };
}

/** Entries that are no operations of the program. */
const NOT_DONE: ReadonlySet<string> = new Set(['ioctl.return', 'mark', 'signal', 'signal.send']);

const writes = (trap: LogEntry): boolean =>
  (trap['error'] as readonly string[] | undefined)?.includes('WRITE') === true;

/** The signal that the access at `index` ends in: one that comes before the process does anything else. */
function signalAfter(log: readonly LogEntry[], index: number): LoggedOperation['signal'] {
  const p = log[index]?.p;
  for (const entry of log.slice(index + 1)) {
    if (entry.p !== p) continue;
    if (entry.op === 'signal') return { sig: String(entry['sig']), code: Number(entry['code']) };
    if (entry.ev === 'trap' || (entry.op !== undefined && !NOT_DONE.has(entry.op))) return undefined;
  }
  return undefined;
}

function access(log: readonly LogEntry[], index: number, trap: LogEntry): LoggedOperation {
  const signal = signalAfter(log, index);
  const { p, buf, page } = trap;
  return {
    op: writes(trap) ? 'cpuWrite' : 'cpuRead',
    ...(p === undefined ? {} : { p }),
    ...(buf === undefined ? {} : { buf }),
    ...(page === undefined ? {} : { page }),
    ...(signal === undefined ? {} : { signal }),
  };
}

/**
 * Operations of a log: its system calls, and for every trap from user mode the access that caused it. What the
 * program reads or writes without a fault changes nothing that the log tells.
 */
function fromLog(log: readonly LogEntry[]): LoggedOperation[] {
  return log.flatMap((entry, index) => {
    if (entry.ev === 'trap') return entry['mode'] === 'user' ? [access(log, index, entry)] : [];
    return entry.op === undefined || NOT_DONE.has(entry.op) ? [] : [entry as LoggedOperation];
  });
}

/** The program's operations with the signals that the log shows for its accesses. */
function withSignals(program: readonly LogEntry[], log: readonly LogEntry[]): LoggedOperation[] {
  const signals = fromLog(log).filter((op) => op.signal !== undefined);
  return program.map((entry) => {
    const next = signals[0];
    const touches = /^cpu/.test(entry.op ?? '') && next !== undefined;
    if (!touches || next.p !== entry.p || next.buf !== entry.buf || next.page !== entry.page)
      return entry as LoggedOperation;
    signals.shift();
    return { ...(entry as LoggedOperation), ...(next.signal === undefined ? {} : { signal: next.signal }) };
  });
}

/** Operations of a record in order. */
export function operationsOf(record: LogRecord): readonly LoggedOperation[] {
  const { program, log } = record;
  return program === undefined || program.length === 0 ? fromLog(log) : withSignals(program, log);
}
