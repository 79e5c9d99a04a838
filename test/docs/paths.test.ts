/** The documents name files of the project, and link to them: they are there. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { inProject, manifest } from '../tools/project';

const DOCUMENTS = [
  'README.md',
  'docs/architecture.md',
  'docs/how-fast-is-it.md',
  'docs/how-true-is-it.md',
  'scenarios/LANGUAGE.md',
];

/** Files and folders in backquotes, and the targets of links, as paths from the project's folder. `…` stands for a name to come. */
function pathsIn(document: string): string[] {
  const text = readFileSync(inProject(document), 'utf8');
  const quoted = [...text.matchAll(/`((?:src|test|docs|media|scenarios|\.vscode)\/[^`\s]*)`/g)].map(
    ([, path = '']) => path,
  );
  const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, path = '']) =>
    join(dirname(document), path),
  );
  return [...quoted, ...linked].filter((path) => !path.includes('…'));
}

test.each(DOCUMENTS)('%s names only files that exist', (document) => {
  const missing = pathsIn(document).filter((path) => !existsSync(inProject(path)));
  expect(missing).toEqual([]);
});

test('the documents name only commands of npm that exist', () => {
  const { scripts } = manifest();
  const named = DOCUMENTS.flatMap((document) =>
    [...readFileSync(inProject(document), 'utf8').matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name),
  );
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});
