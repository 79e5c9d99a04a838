/** How large is what the editor loads. */

import { readdirSync, statSync } from 'node:fs';
import { inProject } from '../tools/project';
import type { Figure } from './figure';

const sizeOf = (what: string, path: string): Figure => ({
  what,
  value: statSync(inProject(path)).size / 1024,
  unit: 'KiB',
});

export function bundles(): Figure[] {
  const pictures = readdirSync(inProject('dist/views')).filter((name) => name.endsWith('.js'));
  return [
    sizeOf('the extension, in the editor’s process (goal 300 KiB)', 'dist/extension.cjs'),
    ...pictures.map((name) =>
      sizeOf(`  the picture ${name.slice(0, -3)} (goal 250 KiB)`, `dist/views/${name}`),
    ),
  ];
}
