/** Arguments are checked by the protocol's schema; the checks are those that its types give. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RequestName } from '../../src/adapter/protocol';
import { argumentChecks, argumentChecksText } from '../tools/argument-schema';
import { client } from './two-pages';

it('the checks are made from the types as they are (npm run schema)', () => {
  expect(readFileSync(argumentChecks, 'utf8')).toBe(argumentChecksText());
}, 120_000);

describe('a request with wrong arguments gets a sentence, and the session goes on:', () => {
  it.each<[RequestName, unknown, string]>([
    ['evaluate', {}, 'The request evaluate needs `expression`.'],
    ['evaluate', { expression: 5 }, 'The request evaluate takes a text as `expression`, not 5.'],
    ['setBreakpoints', { breakpoints: 'x' }, 'The request setBreakpoints needs `source`.'],
    [
      'setBreakpoints',
      { source: {}, breakpoints: 'x' },
      'The request setBreakpoints takes a list as `breakpoints`, not "x".',
    ],
    [
      'setBreakpoints',
      { source: {}, breakpoints: [{ line: 1.5 }] },
      'The request setBreakpoints takes a whole number as `breakpoints[0].line`, not 1.5.',
    ],
    [
      'setBreakpoints',
      { source: {}, breakpoints: [{}] },
      'The request setBreakpoints needs `breakpoints[0].line`.',
    ],
    [
      'readMemory',
      { memoryReference: '0', count: 'a' },
      'The request readMemory takes a whole number as `count`, not "a".',
    ],
    [
      'variables',
      { variablesReference: 1, filter: 'all' },
      'The request variables takes indexed or named as `filter`, not "all".',
    ],
    ['next', [1], 'The request next takes an object as its arguments, not [1].'],
    [
      'hmm/seek',
      { time: 'x'.repeat(99) },
      `The request hmm/seek takes a whole number as \`time\`, not "${'x'.repeat(39)}….`,
    ],
  ])('%s %j', async (command, args, message) => {
    const c = client();
    await c.start();
    expect(await c.ask(command, args as never)).toMatchObject({ success: false, message });
    expect((await c.stack(1)).length).toBeGreaterThan(1);
  });
});
