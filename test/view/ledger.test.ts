/** Every reference of every page has a holder with a name, at the yields of every bundled scenario: between them a step may be half of something. */

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { PageRow } from '../../src/engine/machine/ids';
import { buildRun, compileScenario } from '../../src/program';
import { holdersOf, type World } from '../../src/view/environment';
import { inProject } from '../tools/project';

const scenarios = readdirSync(inProject('scenarios'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.hmm') && !name.startsWith('selftests'))
  .sort();

/** Steps of a scenario that are run: some never end. */
const MOST_STEPS = 4000;

/** Pages with a reference that nobody is named for, and what is said of their holders. */
function unknown(world: World): string[] {
  const { pages } = world.kernel;
  const found: string[] = [];
  for (let page = 1; page < pages.refcount.data.length; page++) {
    if (pages.refcount.get(page) === 0 || pages.folio(page as PageRow) !== page) continue;
    const holders = holdersOf(world, page as PageRow);
    if (holders.some(({ name }) => name === 'unknown'))
      found.push(holders.map(({ name, count }) => `${count} ${name}`).join(', '));
  }
  return found;
}

test.each(scenarios)('%s', (name) => {
  const text = readFileSync(inProject('scenarios', name), 'utf8');
  const { program } = compileScenario(text, name, {});
  if (!program) throw new Error(`${name} has mistakes`);
  const { interpreter, world } = buildRun(program);
  const found = new Set<string>();
  let looks = 0;
  interpreter.onYield = () => {
    looks++;
    for (const words of unknown(world)) found.add(`${world.kernel.time}: ${words}`);
    return false;
  };
  interpreter.arm([]);
  interpreter.run(MOST_STEPS, false);
  expect(looks).toBeGreaterThan(0);
  expect([...found].slice(0, 5)).toEqual([]);
});
