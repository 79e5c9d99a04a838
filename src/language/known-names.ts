/** What names mean while a text is checked or edited: the scenario's own and the machine's, without a machine. */

import { callNamed } from './call-function';
import { FUNCTIONS } from './functions';
import { knownType } from './make-type';
import type { GlobalSymbol, LocalSymbol } from './scope';
import { DRIVER_COUNTER, type Meaning, NAMES, SITUATION, type TypeName } from './things';
import { typeOf } from './type-of';
import type { Accessor, Binding, NameResolver, Type } from './values';

const NAMED: Readonly<Record<string, Meaning>> = NAMES;
const SITUATED: Readonly<Record<string, Meaning>> = { ...SITUATION, ...NAMES };

/** The names of a scenario at one place of its text. */
export interface ScenarioNames {
  readonly find: (name: string) => GlobalSymbol | LocalSymbol | undefined;
  readonly all: () => readonly string[];
  /** The number of a value of the whole scenario, where it is known. */
  readonly constant?: (name: string) => number | undefined;
  /** Buffers and values of all processes, which are members of processes: `app.buf`. */
  readonly variables: () => ReadonlyMap<string, 'buffer' | 'value'>;
  /** What the drivers count: members of devices. */
  readonly counters: () => readonly string[];
}

const bound = (type: Type<unknown>, doc?: string): Binding<unknown> => ({
  type,
  get: () => undefined,
  ...(doc === undefined ? {} : { doc }),
});

const TYPE_OF: Readonly<Record<'buffer' | 'value', TypeName>> = { buffer: 'buffer', value: 'number' };

/** A device with what its driver counts. */
function deviceType({ counters }: ScenarioNames): Type<unknown> {
  const device = knownType('device');
  const counter = bound(knownType('number'), DRIVER_COUNTER);
  return {
    ...device,
    member: (name) => device.member?.(name) ?? (counters().includes(name) ? counter : undefined),
    members: () => [...(device.members?.() ?? []), ...counters()],
  };
}

/** A process with its buffers and values as members. */
function processType({ variables }: ScenarioNames): Type<unknown> {
  const process = knownType('process');
  return {
    ...process,
    member: (name): Accessor<unknown> | undefined => {
      const kind = variables().get(name);
      return kind === undefined
        ? process.member?.(name)
        : bound(knownType(TYPE_OF[kind]), `a ${kind} of the process`);
    },
    members: () => [...variables().keys(), ...(process.members?.() ?? [])],
  };
}

function meaningOf(symbol: GlobalSymbol | LocalSymbol, names: ScenarioNames): Binding<unknown> | undefined {
  switch (symbol.kind) {
    case 'buffer':
      return bound(knownType('buffer'));
    case 'value':
      return bound(knownType('number'));
    case 'device':
      return bound(deviceType(names));
    case 'task':
      return bound(symbol.role === 'thread' ? knownType('task') : processType(names));
    case 'file':
      return undefined;
  }
}

/** Names and types for the checker and the editor; with `situated` also those of a stop in a routine. */
export function knownNames(names: ScenarioNames, situated = false): NameResolver<unknown> {
  const machine = situated ? SITUATED : NAMED;
  return {
    name: (text) => {
      const symbol = names.find(text);
      const constant = names.constant?.(text);
      if (constant !== undefined) return { ...bound(knownType('number')), constant };
      if (symbol !== undefined) return meaningOf(symbol, names);
      const meaning = Object.hasOwn(machine, text) ? machine[text] : undefined;
      return meaning && bound(typeOf(meaning, knownType), meaning.doc);
    },
    names: () => [...names.all(), ...Object.keys(machine)],
    call: (text) => callNamed(text, knownType),
    calls: () => Object.keys(FUNCTIONS),
  };
}
