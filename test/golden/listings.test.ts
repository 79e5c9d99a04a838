/**
 * The listing of every routine that some bundled scenario can reach, for each kernel, as it was when somebody last
 * looked: a change shows as a difference to be read. `npx vitest run test/golden -u` takes over what is there now.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CodeMap, listingText } from '../../src/debugger/code-map';
import { findProfile, PROFILES } from '../../src/engine/profiles';
import { buildRun, compileScenario } from '../../src/program';
import { inProject } from '../tools/project';

const scenarios = readdirSync(inProject('scenarios'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.hmm'))
  .sort();

function listings(profile: string): string {
  const texts = new Map<string, string>();
  for (const name of scenarios) {
    const text = readFileSync(inProject('scenarios', name), 'utf8');
    const { program } = compileScenario(text, name, { profile });
    if (program === undefined || program.profile !== findProfile(profile)) continue; // it doesn't run there, or only with a switch
    const map = new CodeMap(buildRun(program).linked, name);
    for (const listing of map.listings) texts.set(listing.path, listingText(listing));
  }
  const paths = [...texts.keys()].sort();
  return paths.map((path) => `${path}\n\n${texts.get(path)}`).join('\n');
}

test.each(PROFILES.map(({ name }) => name))('listings of Linux %s', async (profile) => {
  await expect(listings(profile)).toMatchFileSnapshot(`listings-${profile}.txt`);
});
