/** Options and files of a sub-command. */

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { findProfile, PROFILE_NAMES } from '../engine/profiles';
import { didYouMean } from '../language/suggest';
import { noSuchProfile } from '../language/versions';
import { UsageError } from './command';

export type Options = NonNullable<ParseArgsConfig['options']>;

export interface Arguments {
  readonly files: readonly string[];
  readonly text: (name: string) => string | undefined;
  readonly flag: (name: string) => boolean;
}

/** Reads the arguments of a command that takes these options and at least one file. Throws UsageError. */
export function readArguments(args: readonly string[], options: Options): Arguments {
  const found = readWords(args, options);
  if (found.files.length === 0) throw new UsageError('no file was given');
  return found;
}

/** Reads the arguments of a command that needs no file. Throws UsageError. */
export function readWords(args: readonly string[], options: Options): Arguments {
  const known = Object.keys(options);
  for (const arg of args) {
    if (arg === '--') break;
    const name = /^--([^=]*)/.exec(arg)?.[1];
    if (name !== undefined && !known.includes(name))
      throw new UsageError(`there is no option --${name}${didYouMean(name, known)}`);
  }
  const { values, positionals } = parse(args, options);
  return {
    files: positionals,
    text: (name) => {
      const value = values[name];
      return typeof value === 'string' ? value : undefined;
    },
    flag: (name) => values[name] === true,
  };
}

function parse(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? firstSentence(error.message) : String(error));
  }
}

const firstSentence = (text: string): string => text.split(/\. |\n/)[0]?.replace(/\.$/, '') ?? text;

/** The profile asked for with --profile, or none. */
export function profileOption(name: string | undefined): { readonly profile?: string } {
  if (name === undefined) return {};
  const profile = findProfile(name);
  if (profile === undefined) throw new UsageError(noSuchProfile(name, PROFILE_NAMES));
  return { profile: profile.name };
}

/** A whole number of at least 1. */
export function countOption(name: string, value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  const number = Number(value.replace(/_/g, ''));
  if (!Number.isSafeInteger(number) || number < 1)
    throw new UsageError(`--${name} takes a whole number of at least 1, not \`${value}\``);
  return number;
}
