import { describe, expect, it } from 'vitest';
import { KINDS } from './kinds';

describe('a little hostile use of each kind (for long: npm run fuzz)', () => {
  for (const { name, about, few, run } of KINDS)
    it(`${name}: ${few} ${about}`, { timeout: 120_000 }, async () => {
      expect(await run(few, 7)).toEqual([]);
    });
});
