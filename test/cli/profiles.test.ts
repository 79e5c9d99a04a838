import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { differences, PROFILES, type Profile } from '../../src/engine/profiles';
import { cli } from './harness';

const page = new URL('../../docs/profiles.md', import.meta.url);

/** Every field of a profile that is a fact of the kernel, with the type codes one by one. */
function factsOf({ name: _n, release: _r, title: _t, driverSwitches: _d, swapTypes, ...facts }: Profile) {
  const codes = Object.entries(swapTypes).map(([key, value]) => [`swapTypes.${key}`, value] as const);
  return new Map<string, unknown>([...Object.entries(facts), ...codes]);
}

describe('hmm-trace profiles', () => {
  it('lists the kernels', async () => {
    const { code, out } = await cli(['profiles']);
    expect(out).toMatch(/^6\.1 \(6\.1\.192\): Linux 6\.1\.192/m);
    expect(code).toBe(0);
  });

  it('lists in what two of them differ, by short or full name', async () => {
    const { out } = await cli(['profiles', '6.1.192', '6.12']);
    expect(out).toContain('vmaLock: no -> yes\n    A user fault first runs under the per-VMA lock');
    expect(out).toContain('swapTypes.maxSwapfiles: 23 -> 24');
    expect(out).not.toContain('splitMigrateApi');
  });

  it('names the switch that changes it', async () => {
    const { out } = await cli(['profiles', '4.14', '6.1']);
    expect(out).toContain('faultTakesReference: no -> yes (switch fix-16ce101db85d)');
  });

  it.each(PROFILES.flatMap((a) => PROFILES.map((b) => [a.name, b.name, a, b] as const)))(
    'leaves out nothing between %s and %s',
    (_a, _b, a, b) => {
      const now = factsOf(b);
      const changed = [...factsOf(a)].filter(([name, value]) => now.get(name) !== value);
      expect(
        differences(a, b)
          .map(({ name }) => name)
          .sort(),
      ).toEqual(changed.map(([name]) => name).sort());
    },
  );

  it.each([
    [['profiles', '6.1'], 'two profiles are compared, as in `hmm-trace profiles 6.1 6.12`'],
    [['profiles', '6.1', '6.8'], 'there is no profile 6.8; nearest are 6.1 and 6.12'],
  ])('%j is answered in one sentence', async (args, words) => {
    const { code, error } = await cli(args);
    expect(error).toContain(words);
    expect(code).toBe(2);
  });

  it('made the page about them', async () => {
    expect((await cli(['profiles', '--markdown'])).out).toBe(readFileSync(page, 'utf8'));
  });
});
