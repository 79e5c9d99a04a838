/** What the numbers of an event mean as names in expressions: `events page_free where device == gpu0`. */

import { type Vpn, vaOf } from '../../engine/machine/ids';
import { EVENT_SCHEMA, type EventName } from '../../engine/routine/event-schema';
import type { TypeName } from '../../language/things';
import type { Binding, NameResolver } from '../../language/values';
import { environment } from './environment';
import { deviceType } from './machine-types';
import type { Scene, World } from './scene';
import { orNone, typeNamed } from './type-parts';

/** Arguments that are things; all others are numbers. */
const THINGS: Readonly<Record<string, TypeName>> = {
  page: 'page',
  device: 'device',
  process: 'process',
  parent: 'process',
  child: 'process',
  worker: 'task',
  holder: 'task',
};

/** The names of an event, and the numbers that they stand for now. */
interface EventNames {
  readonly names: NameResolver<Scene>;
  args: readonly number[];
}

/** Makes the names of a kind of event; what it has none of means what it means elsewhere. */
export function eventNames(world: World, event: EventName): EventNames {
  const elsewhere = environment(world);
  const schema: readonly string[] = EVENT_SCHEMA[event].enter;
  const made: { args: readonly number[] } = { args: [] };
  const bindings = new Map<string, Binding<Scene>>();
  for (const [at, name] of schema.entries()) {
    const read = (): number => made.args[at] ?? 0;
    const thing = THINGS[name];
    if (name === 'vpn')
      bindings.set('address', { type: typeNamed('address'), get: () => vaOf(read() as Vpn) });
    else if (name === 'va') bindings.set('address', { type: typeNamed('address'), get: read });
    else if (thing === undefined) bindings.set(name, { type: typeNamed('number'), get: read });
    else
      bindings.set(name, {
        type: thing === 'device' ? deviceType(world) : typeNamed(thing),
        get: () => orNone(read()),
      });
  }
  bindings.delete('...');
  const names: NameResolver<Scene> = {
    ...elsewhere,
    name: (text) => bindings.get(text) ?? elsewhere.name(text),
    names: () => [...bindings.keys(), ...elsewhere.names()],
  };
  return Object.assign(made, { names });
}
