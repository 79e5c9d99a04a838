/** Arguments of a request, checked by the protocol's own schema before its handler sees them. */

import { type Schema, Validator } from '@cfworker/json-schema';
import schema from './arguments.schema.json';

const ALL: {
  readonly properties: Readonly<Record<string, object>>;
  readonly definitions: Readonly<Record<string, object>>;
} = schema;
const validators = new Map<string, Validator>();

function validatorOf(command: string): Validator | undefined {
  const known = validators.get(command);
  if (known || !Object.hasOwn(ALL.properties, command)) return known;
  const made = new Validator({ ...ALL.properties[command], definitions: ALL.definitions } as Schema, '7');
  validators.set(command, made);
  return made;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  boolean: 'true or false',
  integer: 'a whole number',
  array: 'a list',
  object: 'an object',
};

/** Characters of a wrong value that are shown. */
const MOST_SHOWN = 40;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

/** The part of a value that a JSON pointer such as `#/breakpoints/0/line` names, and the schema's words for it. */
function at(root: unknown, pointer: string): { readonly value: unknown; readonly place: string } {
  const parts = pointer.split('/').slice(1).map(decodeURIComponent);
  let value = root;
  for (const part of parts)
    value =
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[part] : undefined;
  const place = parts.map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`)).join('');
  return { value, place: place.replace(/^\./, '') };
}

/** The sentence about the first thing that is wrong with the arguments of a request; undefined where nothing is. */
export function argumentProblem(command: string, args: unknown): string | undefined {
  const result = validatorOf(command)?.validate(args);
  if (!result || result.valid) return undefined;
  // The innermost error is the last one of its chain; those before it only say that a part doesn't match.
  const error = result.errors.find(({ keyword }) => !CONTAINERS.has(keyword));
  const { value, place } = at(args, error?.instanceLocation ?? '#');
  const where = place === '' ? 'its arguments' : `\`${place}\``;
  if (error?.keyword === 'required') {
    const missing = /"(.*)"/.exec(error.error)?.[1] ?? '';
    return `The request ${command} needs \`${place === '' ? missing : `${place}.${missing}`}\`.`;
  }
  if (error?.keyword === 'type') {
    const kind = KINDS[/Expected "(\w+)"/.exec(error.error)?.[1] ?? ''] ?? 'something else';
    return `The request ${command} takes ${kind} as ${where}, not ${shown(value)}.`;
  }
  return `The request ${command} does not take ${shown(value)} as ${where}.`;
}

/** Keywords whose errors only say that something inside is wrong. */
const CONTAINERS: ReadonlySet<string> = new Set(['properties', 'items', '$ref', 'additionalProperties']);
