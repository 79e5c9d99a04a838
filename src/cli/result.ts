/** What a statement came to, for a person. */

import type { TaskRow } from '../engine/machine/ids';
import { errnoName, signalName } from '../language/signals';
import type { Run } from '../program';
import { named } from './event-tree';
import { processOf, showVa } from './places';

/** Values that a line shows. */
const MOST_VALUES = 16;

const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, '0')}`;

function showData(data: readonly number[]): string {
  const shown = data.slice(0, MOST_VALUES).map(hex);
  if (data.length > MOST_VALUES) shown.push('…');
  return shown.length === 1 ? (shown[0] ?? '') : `[${shown.join(' ')}]`;
}

/** Statements whose return value is a number that says something. */
const RETURNS: ReadonlySet<string> = new Set(['wait', 'pin', 'gup', 'unpin']);
const DEVICE = /^device-(read|write|snapshot|exclusive)$|^migrate$/;

/** `SIGBUS (code 2) at buf[3]`, `ENOMEM`, `0x11`; empty where there is nothing to say. */
export function resultWords(run: Run, task: TaskRow, args: readonly number[]): string {
  const {
    statement = 0,
    ret = 0,
    errno = 0,
    signal = 0,
    code = 0,
    va = 0,
    cpages = 0,
    faults = 0,
  } = named('result', false, args);
  const kind = run.program.statements[statement]?.statement.kind ?? '';
  if (signal !== 0 && kind === 'wait') return signalName(signal);
  if (signal !== 0)
    return `${signalName(signal)} (code ${code}) at ${showVa(run.world, processOf(run.world, task), va)}`;
  if (errno !== 0) return errnoName(errno);
  const data = args.slice(8);
  const parts = data.length > 0 ? [showData(data)] : [];
  if (DEVICE.test(kind)) parts.push(`cpages ${cpages}`);
  if (faults > 0) parts.push(`faults ${faults}`);
  if (RETURNS.has(kind)) parts.push(String(ret));
  return parts.join(', ');
}
