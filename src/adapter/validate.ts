/** Arguments of a request, checked by the protocol's own schema before its handler sees them. */

import * as checks from './arguments';
import type { RequestName } from './protocol';

const CHECKS: Readonly<Record<string, checks.ArgumentCheck>> = { ...checks };

/** The check of a request's arguments. */
export const argumentCheck = (name: RequestName): checks.ArgumentCheck | undefined =>
  CHECKS[`check_${name.replace('/', '_')}`];

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

/** The part of the arguments that a JSON pointer names, and its name as one would write it. */
function at(args: unknown, pointer: string): { readonly value: unknown; readonly place: string } {
  const parts = pointer.split('/').slice(1);
  const value = parts.reduce<unknown>((of, part) => (of as Record<string, unknown>)[part], args);
  const place = parts.map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`)).join('');
  return { value, place: place.slice(1) };
}

/** The sentence about what is wrong with the arguments of a request; undefined where nothing is. */
export function argumentProblem(
  { name, check }: { readonly name: string; readonly check: checks.ArgumentCheck | undefined },
  args: unknown,
): string | undefined {
  if (!check || check(args)) return undefined;
  const { instancePath = '', params = {} } = check.errors?.[0] ?? {};
  const { value, place } = at(args, instancePath);
  const where = place === '' ? 'its arguments' : `\`${place}\``;
  if (params.missingProperty !== undefined) {
    const missing = place === '' ? params.missingProperty : `${place}.${params.missingProperty}`;
    return `The request ${name} needs \`${missing}\`.`;
  }
  const kind = params.type === undefined ? params.allowedValues?.join(' or ') : KINDS[params.type];
  if (kind !== undefined) return `The request ${name} takes ${kind} as ${where}, not ${shown(value)}.`;
  return `The request ${name} does not take ${shown(value)} as ${where}.`;
}
