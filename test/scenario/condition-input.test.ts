/** A condition while it is typed, with the names of a scenario and without a session. */

import { describe, expect, it } from 'vitest';
import { completeCondition, conditionProblem } from '../../src/language';

const SCENARIO = `device gpu0 private 64MiB driver dmirror
let limit = 3
process app {
    buf = mmap 16KiB anon rw
}
`;

describe('a condition that is typed', () => {
  it.each([
    '',
    'page.refcount > limit',
    'address in buf[0..4] and device == gpu0',
    'app.buf[3].page == page',
  ])('is right: %s', (condition) => {
    expect(conditionProblem(SCENARIO, condition)).toBeUndefined();
  });

  it.each([
    ['page.refcoun > 0', /has no `refcoun`; did you mean `refcount`/, false],
    ['page.refcount >', /expected a value/, false],
    ['page == zone.Device', /cannot be compared/, false],
    ['nonsense == 3', /there is no `nonsense` here/, true],
  ])('is wrong: %s', (condition, message, isUnsure) => {
    expect(conditionProblem(SCENARIO, condition)).toEqual({
      message: expect.stringMatching(message),
      isUnsure,
    });
  });

  it('is completed with names, and with the members of what stands before a dot', () => {
    const whole = (condition: string): string[] =>
      completeCondition(SCENARIO, condition).map((completion) => completion.whole);
    expect(whole('pag')).toContain('page');
    expect(whole('device == g')).toEqual(['device == gpu0']);
    expect(whole('page.refc')).toEqual(['page.refcount']);
    expect(whole('not buf[3].page.loc')).toEqual(['not buf[3].page.locked', 'not buf[3].page.lock_owner']);
    expect(whole('gpu0.mirror(buf[3]).acc')).toEqual(['gpu0.mirror(buf[3]).access']);
    expect(whole('')).toContain('limit');
    expect(whole('nonsense.')).toEqual([]);
  });
});
