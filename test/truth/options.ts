/** The command line of the comparison. */

import { LEVELS, type Level } from './divergence';

export interface Options {
  readonly records: string;
  readonly level: Level;
  /** Only the record with this id. */
  readonly record: string | undefined;
  /** Writes that record as a scenario to this file, instead of comparing. */
  readonly scenario: string | undefined;
  readonly byCause: boolean;
  /** Everything that differs in that record. */
  readonly show: boolean;
}

export const USAGE = `npm run truth -- [--records DIR] [--level ${LEVELS.join('|')}] [--record ID] [--show ID] [--by-cause] [--scenario OUT.hmm --record ID]`;

/** What was asked for can't be done; the message says why in a sentence. */
export class BadOption extends Error {}

const VALUES = ['--records', '--level', '--record', '--scenario', '--show'] as const;

function readPairs(args: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const name = args[i] ?? '';
    if (name === '--by-cause') {
      found.set(name, '');
      continue;
    }
    if (!VALUES.some((known) => known === name)) throw new BadOption(`there is no option ${name}`);
    const value = args[++i];
    if (value === undefined) throw new BadOption(`${name} needs a value`);
    found.set(name, value);
  }
  return found;
}

/** Reads the arguments; `records` is where the records lie unless they say otherwise. Throws BadOption. */
export function readOptions(args: readonly string[], records: string): Options {
  const found = readPairs(args);
  const level = found.get('--level') ?? 'events';
  const known = LEVELS.find((name) => name === level);
  if (known === undefined) throw new BadOption(`--level is one of ${LEVELS.join(', ')}, not ${level}`);
  const record = found.get('--show') ?? found.get('--record');
  const scenario = found.get('--scenario');
  if (scenario !== undefined && record === undefined)
    throw new BadOption('--scenario needs the id of a record: --record ID');
  return {
    records: found.get('--records') ?? records,
    level: known,
    record,
    scenario,
    byCause: found.has('--by-cause'),
    show: found.has('--show'),
  };
}
