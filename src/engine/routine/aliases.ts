/** The names of a routine besides its own. */

import type { Profile } from '../profiles/profile';

/**
 * Another name of a routine. With `isIn` it is one function's name in those kernels: of this routine too, where another has
 * it as its own.
 */
export type Alias = string | { readonly name: string; readonly isIn: (profile: Profile) => boolean };

/** The other names of a routine under a profile. `shared`: that is the function's name there, whoever else has it. */
export const aliasesIn = (
  profile: Profile,
  { aliases }: { readonly aliases: readonly Alias[] },
): { readonly name: string; readonly shared: boolean }[] =>
  aliases.flatMap((alias) => {
    if (typeof alias === 'string') return { name: alias, shared: false };
    return alias.isIn(profile) ? { name: alias.name, shared: true } : [];
  });
