/** `hmm-trace profiles`: which kernels there are, and in what they differ. */

import {
  type Difference,
  differences,
  findProfile,
  PROFILE_NAMES,
  PROFILES,
  type Profile,
} from '../engine/profiles';
import { noSuchProfile } from '../language/versions';
import { readWords } from './arguments';
import { type Command, Exit, UsageError } from './command';

function profileNamed(name: string): Profile {
  const profile = findProfile(name);
  if (profile === undefined) throw new UsageError(noSuchProfile(name, PROFILE_NAMES));
  return profile;
}

const sentence = ({ about, name, values, switch: by }: Difference): string =>
  `${name}: ${values.join(' -> ')}${by === undefined ? '' : ` (switch ${by})`}\n    ${about}\n`;

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** Two profiles as a section of the page about them. */
function section(old: Profile, now: Profile): string {
  const rows = differences(old, now).map(
    ({ name, about, values, switch: by }) =>
      `| \`${name}\` | ${values.join(' | ')} | ${cell(about)}${by === undefined ? '' : ` Switch \`${by}\`.`} |`,
  );
  const title = `## ${old.name} and ${now.name}`;
  const head = `| field | ${old.name} | ${now.name} | what it means |`;
  return [title, '', head, '|---|---|---|---|', ...rows, ''].join('\n');
}

/** The page `docs/profiles.md`: every two profiles that follow each other. */
function profilesPage(): string {
  const about =
    'Kernels differ in data that their profiles hold: this page is made from it, by `hmm-trace profiles --markdown`. `hmm-trace profiles 4.14 6.12` lists any two.';
  const kernels = PROFILES.map(({ name, title }) => `- \`${name}\`: ${title}`);
  const sections = PROFILES.slice(1).map((now, i) => section(PROFILES[i] ?? now, now));
  return ['# Profiles', '', about, '', ...kernels, '', ...sections].join('\n');
}

export const profiles: Command = {
  usage: 'hmm-trace profiles [OLD NEW] [--markdown]',
  main: async (args, io) => {
    const { files: words, flag } = readWords(args, { markdown: { type: 'boolean' } });
    const [old, now, more] = words;
    if (flag('markdown') && old === undefined) {
      io.out(profilesPage());
      return Exit.Ok;
    }
    if (old === undefined) {
      for (const { name, release, title } of PROFILES) io.out(`${name} (${release}): ${title}\n`);
      return Exit.Ok;
    }
    if (now === undefined || more !== undefined)
      throw new UsageError('two profiles are compared, as in `hmm-trace profiles 6.1 6.12`');
    const [a, b] = [profileNamed(old), profileNamed(now)];
    if (flag('markdown')) io.out(section(a, b));
    else for (const difference of differences(a, b)) io.out(sentence(difference));
    return Exit.Ok;
  },
};
