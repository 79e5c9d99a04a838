import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EXAMPLE_FOLDERS, EXAMPLES } from '../../src/extension/example-list';

const scenarios = new URL('../../scenarios/', import.meta.url);

it('every bundled scenario is offered as an example once', () => {
  const bundled = readdirSync(scenarios, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.hmm'))
    .map((name) => name.replace(/\.hmm$/, ''));
  const folders: readonly string[] = EXAMPLE_FOLDERS.map(({ folder }) => folder);
  const ofFolders = bundled.filter((name) => folders.includes(name.replace(/\/[^/]*$/, '')));
  const named = EXAMPLES.flatMap(({ names }) => names);
  expect([...named, ...ofFolders].sort()).toEqual([...bundled].sort());
});
