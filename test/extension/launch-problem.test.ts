import { describe, expect, test } from 'vitest';
import { launchProblem } from '../../src/extension/launch-problem';

const files: Record<string, string> = { '/s/good.hmm': '# fine\n', '/s/binary.hmm': 'a\0b' };

async function read(path: string): Promise<Uint8Array> {
  const text = files[path];
  if (text === undefined) throw new Error('no such file');
  return new TextEncoder().encode(text);
}

const problem = (config: object) =>
  launchProblem({ request: 'launch', program: '/s/good.hmm', ...config }, read);

describe('a launch configuration', () => {
  test('that is right has no problem', async () => {
    const all = {
      profile: '4.14',
      stopOnEntry: true,
      stopAtFirstFault: false,
      schedule: 'A B*3 gpu0',
      livelockAfter: 20,
      invariants: true,
    };
    expect(await problem({})).toBeUndefined();
    expect(await problem({ ...all, trace: true })).toBeUndefined();
  });

  test.each([
    [{ program: undefined }, /names no scenario/],
    [{ program: '' }, /names no scenario/],
    [{ program: 7 }, /"program" must be a string, not 7/],
    [{ program: '/s/missing.hmm' }, /no scenario file \/s\/missing\.hmm/],
    [{ program: '/s/binary.hmm' }, /is a binary file/],
    [{ request: 'attach' }, /needs "request": "launch", not "attach"/],
    [{ profile: '6.13' }, /Unknown profile "6\.13": it can be "4\.14" or "6\.1" or "6\.12"/],
    [{ profile: '6.1.1' }, /Unknown profile "6\.1\.1"/],
    [{ profile: 6.12 }, /"profile" must be a string, not 6\.12/],
    [{ stopOnEntry: 'yes' }, /"stopOnEntry" must be a boolean, not "yes"/],
    [{ livelockAfter: 2.5 }, /"livelockAfter" must be a whole number, not 2\.5/],
    [{ livelockAfter: 0 }, /"livelockAfter" must be at least 1, not 0/],
    [{ schedule: '' }, /"schedule" can't be ""/],
  ])('%j is answered in one sentence', async (config, sentence) => {
    expect(await problem(config)).toMatch(sentence);
  });
});
