import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli } from './harness';

const folder = new URL('../../scenarios/', import.meta.url).pathname;
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.hmm') && (!name.includes('/') || name.startsWith('selftests/')))
  .sort();

describe.each(['7.2', '6.12', '6.1', '4.14'])('the bundled scenarios under %s', (profile) => {
  it.each(files.filter((name) => profile !== '4.14' || !name.startsWith('selftests/')))(
    '%s',
    async (name) => {
      const { code, out, error } = await cli([
        'run',
        join(folder, name),
        '--profile',
        profile,
        '--level',
        'quiet',
      ]);
      expect(error).toBe('');
      expect(out).toMatch(/: \d+ expectations? held, \d+ steps under /);
      expect(code).toBe(0);
    },
  );
});

describe('the bundled scenarios', () => {
  it('are at least ten', () => {
    expect(files.filter((name) => !name.includes('/')).length).toBeGreaterThanOrEqual(10);
  });

  it('are in the one layout', async () => {
    const { code, out } = await cli(['format', '--check', ...files.map((name) => join(folder, name))]);
    expect(out).toBe('');
    expect(code).toBe(0);
  });
});
