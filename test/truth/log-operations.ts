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

/** Copy steps to system memory in the order of the log: whether they did nothing. */
function failedCopies(log: readonly LogEntry[]): boolean[] {
  const failed: boolean[] = [];
  let toRam = false;
  for (const entry of log) {
    if (entry.ev === 'alloc_and_copy') toRam = entry['direction'] === 'to-ram';
    if (entry.ev === 'migrate_vma_pages' && toRam)
      failed.push((entry['dst'] as readonly unknown[]).every((page) => page === null));
  }
  return failed;
}

const isAccess = (op: LogEntry): boolean => op.op?.startsWith('cpu') === true;

/** Adds to an experiment's operations what only its log tells: signals, and how many copies were made to fail. */
class Program {
  readonly #logged: readonly LoggedOperation[];
  readonly #copies: boolean[];
  #at = 0;

  constructor(log: readonly LogEntry[]) {
    this.#logged = fromLog(log);
    this.#copies = failedCopies(log);
  }

  complete(entry: LogEntry): LoggedOperation[] {
    const op = entry as LoggedOperation;
    if (op.op === 'failCopyToRam') return [{ ...op, times: this.#failures(Number(op['times'])) }];
    if (isAccess(op)) return [...this.#load(op), this.#withSignal(op)];
    const next = this.#logged.findIndex((logged, index) => index >= this.#at && logged.op === op.op);
    if (next >= 0) this.#at = next + 1;
    return [op];
  }

  /** An emulated CPU may do an atomic operation as a load and a store: its first trap is a read then. */
  #load(op: LoggedOperation): LoggedOperation[] {
    if (op.op !== 'cpuAtomicAdd') return [];
    const trap = this.#logged.slice(this.#at).find(({ buf, page }) => buf === op.buf && page === op.page);
    return trap?.op === 'cpuRead' ? [trap] : [];
  }

  /** The signal of a logged access to the same page before the program's next system call. */
  #withSignal(op: LoggedOperation): LoggedOperation {
    for (let i = this.#at; i < this.#logged.length; i++) {
      const logged = this.#logged[i];
      if (logged === undefined || !isAccess(logged)) return op;
      if (
        logged.signal === undefined ||
        logged.p !== op.p ||
        logged.buf !== op.buf ||
        logged.page !== op.page
      )
        continue;
      this.#at = i + 1;
      return { ...op, signal: logged.signal };
    }
    return op;
  }

  /** How many copies fail in a row from here on, at most `times`: the experiment ends the failures by itself. */
  #failures(times: number): number {
    while (this.#copies[0] === false) this.#copies.shift();
    let count = 0;
    for (; count < times && this.#copies[0] === true; count++) this.#copies.shift();
    return count;
  }
}

/** Operations of a record in order. */
export function operationsOf(record: LogRecord): readonly LoggedOperation[] {
  const { program, log } = record;
  if (program === undefined || program.length === 0) return fromLog(log);
  const completing = new Program(log);
  return program.flatMap((entry) => completing.complete(entry));
}
