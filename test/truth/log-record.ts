/** Logs of self-tests and experiments, as `kernel-truth/README.md` describes them. */

import type { Unsupported } from './check-record';

export interface LogEntry {
  readonly op?: string;
  readonly ev?: string;
  readonly p?: string;
  readonly buf?: string;
  readonly page?: number;
  readonly pages?: number;
  readonly [field: string]: unknown;
}

interface LogBuffer {
  readonly p: string;
  readonly pages: number;
  /** Number of the first mapped page when it is not 0. */
  readonly firstPage?: number;
}

export interface LogRecord {
  readonly kernel: string;
  readonly source: string;
  readonly test: string;
  readonly buffers: Readonly<Record<string, LogBuffer>>;
  readonly log: readonly LogEntry[];
  /** Experiments: the operations in the order of the program. */
  readonly program?: readonly LogEntry[];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a value is a log rather than a program. */
export function isLog(value: unknown): boolean {
  return isObject(value) && 'source' in value && 'test' in value;
}

/** An entry with its page numbers moved on and its device page replaced. */
function moved(entry: unknown, pages: number, dpage: string | undefined): unknown {
  if (!isObject(entry)) return entry;
  const at = entry['page'];
  return {
    ...entry,
    ...(typeof at === 'number' ? { page: at + pages } : {}),
    ...('dpage' in entry && dpage !== undefined ? { dpage } : {}),
  };
}

/** The entries that a folded block stands for; any other entry is itself. */
function unfold(entry: unknown): unknown[] {
  if (!isObject(entry) || typeof entry['fold'] !== 'number' || !Array.isArray(entry['block'])) return [entry];
  const { fold, block, pageStep = 0, dpages, dpageFirst, dpageStep = 1 } = entry;
  const first = typeof dpageFirst === 'string' ? Number(dpageFirst.slice(1)) : undefined;
  const dpage = (copy: number): string | undefined => {
    if (Array.isArray(dpages)) return dpages[copy];
    return first === undefined ? undefined : `D${first + copy * Number(dpageStep)}`;
  };
  return Array.from({ length: fold }, (_, copy) =>
    block.map((inner: unknown) => moved(inner, copy * Number(pageStep), dpage(copy))),
  ).flat();
}

/** The value as a log, or why it can't be compared. */
export function checkLog(value: unknown): LogRecord | Unsupported {
  if (!isObject(value) || !isObject(value['buffers'] ?? {}) || !Array.isArray(value['log']))
    return { operation: 'log', reason: 'the log or its buffers are missing' };
  if (value['log'].length === 0) return { operation: 'log', reason: 'this run was not traced' };
  const log = value['log'].flatMap(unfold);
  for (const [index, entry] of log.entries())
    if (!isObject(entry) || (typeof entry['op'] !== 'string' && typeof entry['ev'] !== 'string'))
      return { operation: 'log', reason: `log entry ${index} is neither an operation nor an event` };
  return { buffers: {}, ...value, log } as unknown as LogRecord;
}
