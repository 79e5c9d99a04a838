/** What the operations of every kind of program have in common when they become statements. */

import { ERRNOS } from '../../src/language';
import type { Layout } from './places';
import type { Operation, RecordedResult } from './record';

/** The record asks for something that a scenario can't say; the message says what. */
export class NotConvertible extends Error {
  constructor(
    readonly operation: string,
    message: string,
  ) {
    super(message);
  }
}

/** One kind of program, as its operations become statements. They are asked for in order, each once. */
export interface Statements {
  /** Kinds of the devices that P0 has open from its start, by their numbers. */
  readonly devices: readonly string[];
  /** Declarations of the files that the statements so far use. */
  readonly files: readonly string[];
  /** The statement of an operation, with what must come of it; undefined where the operation does nothing. */
  statementOf(op: Operation): string | undefined;
}

const ERRNO_NAMES = new Map([...ERRNOS].map(([name, number]) => [number, name]));
const SIGNAL_CODES: Readonly<Record<string, string>> = {
  'SIGSEGV 1': 'MAPERR',
  'SIGSEGV 2': 'ACCERR',
  'SIGBUS 2': 'ADRERR',
};

export const hex = (value: number): string => `0x${value.toString(16)}`;

/** ` expect …` for what the kernel answered. */
export function expectation(result: RecordedResult, layout: Layout): string {
  const { sig, code, at, err, value, data, cpages, faults } = result;
  if (sig !== undefined) {
    const name = SIGNAL_CODES[`${sig} ${code}`] ?? code;
    const place =
      at === undefined ? '' : ` at ${hex(layout.addressOf({ ...at, alt: at.alt === 1 ? 1 : 0 }))}`;
    return ` expect ${sig} code ${name}${place}`;
  }
  if (err !== undefined && err !== 0) return ` expect ${ERRNO_NAMES.get(err) ?? err}`;
  if (value !== undefined) return ` expect ${value}`;
  const parts = [
    ...(data === undefined ? [] : [`[${data.join(', ')}]`]),
    ...(cpages === undefined ? [] : [`cpages ${cpages}`]),
    ...(faults === undefined ? [] : [`faults ${faults}`]),
  ];
  return ` expect ${parts.length === 0 ? 'ok' : parts.join(', ')}`;
}

/** An operation `dev` on a range. */
export function deviceStatement(
  device: string,
  sub: string,
  range: string,
  value: string,
  flags = '',
): string {
  switch (sub) {
    case 'migrate':
      return `migrate ${range} to gpu${device}`;
    case 'tosys':
      return `migrate ${range} from gpu${device}`;
    case 'flags':
      return `gpu${device} flags = ${flags}`;
    case 'check':
      return `gpu${device} check_exclusive ${range}`;
    default:
      return `gpu${device} ${sub} ${range}${sub === 'write' ? ` = ${value}` : ''}`;
  }
}

/** Declares a fresh file whose pages exist: every byte of page k is 0xC0 + k. Its name. */
export function declareFile(files: string[], pages: number): string {
  const name = `file${files.length}`;
  files.push(`file ${name} ${pages} pages fill 0xc0`);
  return name;
}
