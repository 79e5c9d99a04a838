/** Listings as files of a folder, for clients that open files and can't ask for a text by reference. */

import { accessSync, constants, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { ListingFiles } from './host';

const SCHEME = 'hmm-kernel:/';

/** Makes the folder where only it isn't there. Throws where nothing can be written into it. */
export function listingFolder(folder: string): ListingFiles {
  const root = resolve(folder);
  if (!existsSync(root)) mkdirSync(root);
  if (!statSync(root).isDirectory()) throw new Error('it is no folder');
  accessSync(root, constants.W_OK);
  const written = new Set<string>();
  return {
    fileOf: (address, text) => {
      const path = join(root, ...address.slice(SCHEME.length).split('/'));
      if (written.has(path)) return path;
      try {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text());
      } catch {
        return undefined;
      }
      written.add(path);
      return path;
    },
    addressOf: (path) => {
      const inside = relative(root, path);
      return inside === '' || inside.startsWith('..') ? undefined : SCHEME + inside.split(sep).join('/');
    },
  };
}
