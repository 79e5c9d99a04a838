/** Names of kernels: a profile's short one (`6.12`), its full one (`6.12.117`), and what to say of one there is not. */

import { allOf } from './suggest';

/** Numbers of a version, or undefined where it is none. */
function numbersOf(version: string): readonly number[] | undefined {
  const parts = version.split('.').map(Number);
  return parts.length > 1 && parts.every((part) => Number.isSafeInteger(part) && part >= 0)
    ? parts
    : undefined;
}

/** Less than 0 where `a` is the older kernel. */
function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The profiles next to a kernel, the older one first; none where the name is no version. */
function neighbours(names: readonly string[], version: string): string[] {
  const wanted = numbersOf(version);
  if (wanted === undefined) return [];
  const known = names.map((name) => ({ name, order: compareVersions(numbersOf(name) ?? [], wanted) }));
  const older = known.filter(({ order }) => order <= 0).at(-1);
  const newer = known.find(({ order }) => order > 0);
  return [older, newer].flatMap((found) => (found === undefined ? [] : [found.name]));
}

/** What to say of a profile that there is not; `names` are those there are, the oldest first. */
export function noSuchProfile(name: string, names: readonly string[]): string {
  const near = neighbours(names, name);
  if (near.length === 0) return `there is no profile ${name}; known are ${allOf(names)}`;
  const verb = near.length === 1 ? 'is' : 'are';
  return `there is no profile ${name}; nearest ${verb} ${allOf(near)}`;
}
