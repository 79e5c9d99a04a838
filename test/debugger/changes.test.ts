import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DataRequest } from '../../src/debugger/breakpoints';
import { watched } from '../../src/debugger/changes/watched';
import { DebugSession } from '../../src/debugger/session';
import { finish } from '../../src/engine/time/work';
import { buildRun, compileScenario } from '../../src/program';

const SCENARIO = `device gpu0 private 64MiB driver dmirror
process app {
    buf = mmap 32KiB
    write buf[0..4] = 0x11
    migrate buf[0..4] to gpu0
    read buf[3] expect 0x11
    write buf[3] = 0x12
    munmap buf
}
`;

function session(text = SCENARIO, interval = 100): DebugSession {
  const { program, diagnostics } = compileScenario(text, '/t.hmm', { profile: '6.12' });
  if (!program) throw new Error(diagnostics.map(({ message }) => message).join());
  const { interpreter, schedule, world } = buildRun(program);
  return new DebugSession({ interpreter, schedule, world, path: '/t.hmm', text }, { interval });
}

/** Every time after a step that has changed an expression, found by reading it after each single step. */
function changesByHand(text: string, expression: string): number[] {
  const s = session(text, 10_000);
  const of = watched(s.debuggee.world, expression);
  if (!of.ok) throw new Error(of.message);
  const times: number[] = [];
  let before = of.value.read();
  for (let time = 1; ; time++) {
    finish(s.engine.seek(time));
    if (s.time < time) return times;
    const now = of.value.read();
    if (now !== before) times.push(time);
    before = now;
  }
}

/** Where the session stops for data breakpoints, forwards to the end and then back to the start. */
function stops(s: DebugSession): { forwards: number[]; backwards: number[] } {
  const forwards: number[] = [];
  const backwards: number[] = [];
  while (finish(s.continue()).reason !== 'end') forwards.push(s.time);
  while (finish(s.reverseContinue()).reason !== 'entry') backwards.push(s.time);
  return { forwards, backwards };
}

function stopsAt(text: string, requests: readonly DataRequest[]): ReturnType<typeof stops> {
  const s = session(text);
  s.breakpoints.setData(requests);
  return stops(s);
}

describe('a data breakpoint', () => {
  it.each([
    'pte(buf[3])',
    'buf[3].page',
    'buf[0].page.refcount',
    'buf[1].page.mapcount',
    'buf[2].page.flags',
    'buf[3].page.zone',
    'buf[3].page.lock_owner',
    'gpu0.free',
    'gpu0.mirror(buf[3])',
    'byte(buf[3])',
    'zone.Normal.free',
    'sum(buf[0..4].page.refcount)',
  ])('on %s stops after each step that changes it, forwards and backwards', (expression) => {
    const expected = changesByHand(SCENARIO, expression);
    const { forwards, backwards } = stopsAt(SCENARIO, [{ expression }]);
    expect(forwards).toEqual(expected);
    expect(backwards.reverse()).toEqual(expected);
  });

  it('says what was there before, what is there now and who wrote', () => {
    const s = session();
    const [bound] = s.breakpoints.setData([{ expression: 'gpu0.free' }]);
    expect(finish(s.continue())).toMatchObject({
      reason: 'data breakpoint',
      breakpoints: [bound?.id],
      text: 'gpu0.free changed from 16384 to 16383 (app in dmirror_migrate_alloc_and_copy: dpage = dmirror_devmem_alloc_page()).',
    });
  });

  it('stops where its condition holds, and at the hit that was asked for', () => {
    const all = changesByHand(SCENARIO, 'gpu0.free');
    const condition = stopsAt(SCENARIO, [{ expression: 'gpu0.free', condition: 'gpu0.free == 16384' }]);
    expect(condition.forwards).toEqual([all.at(-1)]);
    const third = stopsAt(SCENARIO, [{ expression: 'gpu0.free', hitCondition: '==3' }]);
    expect(third).toEqual({ forwards: [all[2]], backwards: [all[2]] });
  });

  it('is one stop with another that the same step hits, and with a breakpoint on the next step', () => {
    const s = session();
    const [page, pte] = s.breakpoints.setData([{ expression: 'buf[3].page' }, { expression: 'pte(buf[3])' }]);
    const stop = finish(s.continue());
    expect(stop.breakpoints).toEqual([page?.id, pte?.id]);
    const { kernel } = s.engine;
    const next = s.map.routineAt(kernel.tasks.pc.get(kernel.task));
    const line = next?.listing.findIndex(({ pc }) => pc === kernel.tasks.pc.get(kernel.task)) ?? -1;
    const again = session();
    again.breakpoints.setData([{ expression: 'buf[3].page' }]);
    again.breakpoints.setLines(next ? again.map.pathOf(next) : '', [{ line: line + 1 }]);
    let both = finish(again.continue());
    while (again.time < s.time) both = finish(again.continue());
    expect([again.time, both.breakpoints?.length]).toEqual([s.time, 2]);
  });

  it('is set by the name of a function breakpoint too', () => {
    const s = session();
    s.breakpoints.setFunctions([{ name: 'changes gpu0.free' }, { name: 'changes buf' }]);
    const [free, buffer] = s.breakpoints.functions;
    expect(free).toMatchObject({ kind: 'data', verified: true });
    expect(buffer).toMatchObject({
      verified: false,
      message: '`buf` never changes; its members do.',
    });
    expect(stops(s).forwards).toEqual(changesByHand(SCENARIO, 'gpu0.free'));
  });

  it.each([
    ['time > 100', '`time` is no part of the machine’s memory; name what is meant.'],
    ['why buf[3]', 'What `why` tells is no part of the machine.'],
    ['zone.Device', 'never changes'],
    ['1 + 1', '`1 + 1` never changes.'],
    ['nobody: gpu0.free', 'There is no process nobody.'],
    ['gpu0.fre', 'did you mean `free`'],
    ['', 'There is nothing to watch.'],
  ])('refuses %s with a sentence', (expression, sentence) => {
    const [bound] = session().breakpoints.setData([{ expression }]);
    expect(bound?.verified).toBe(false);
    expect(bound?.message).toContain(sentence);
  });
});

describe('the last and the next write', () => {
  it('go to each change and stay where there is none', () => {
    const s = session();
    const of = watched(s.debuggee.world, 'gpu0.free');
    if (!of.ok) throw new Error(of.message);
    const all = changesByHand(SCENARIO, 'gpu0.free');
    for (const time of all) {
      finish(s.nextWrite(of.value));
      expect(s.time).toBe(time);
    }
    expect(finish(s.nextWrite(of.value))).toMatchObject({
      reason: 'end',
      text: expect.stringContaining('gpu0.free does not change any more.'),
    });
    for (const time of [...all].reverse()) {
      finish(s.lastWrite(of.value));
      expect(s.time).toBe(time);
    }
    expect(finish(s.lastWrite(of.value)).text).toBe('gpu0.free has not changed before now.');
    expect(s.time).toBe(all[0]);
  });
});

describe('at random', () => {
  const statement = fc.constantFrom(
    'write buf[0..4] = 7',
    'read buf[1..6]',
    'migrate buf[0..8] to gpu0',
    'migrate buf[2..4] from gpu0',
    'gpu0 write buf[1..3] = 3',
    'madvise buf[0..2] dontneed',
    'gpu0 evict',
  );
  const expression = fc.constantFrom(
    'pte(buf[1])',
    'buf[2].page.refcount',
    'gpu0.free',
    'gpu0.mirror(buf[1])',
    'buf[0..4].page.zone',
    'A.state',
    'callbacks.invalidate',
  );

  it('stops are exactly the changes, with several tasks under any schedule', () => {
    fc.assert(
      fc.property(
        fc.array(statement, { minLength: 1, maxLength: 4 }),
        fc.array(statement, { minLength: 1, maxLength: 4 }),
        fc.nat(1000),
        expression,
        (own, other, seed, watchedExpression) => {
          const text = [
            'device gpu0 private 64MiB driver dmirror',
            `schedule seed ${seed}`,
            'process app {',
            '    buf = mmap 32KiB',
            `    thread A { ${other.join('; ')} }`,
            ...own,
            '    join A',
            '}',
            '',
          ].join('\n');
          const expected = changesByHand(text, watchedExpression);
          const { forwards, backwards } = stopsAt(text, [{ expression: watchedExpression }]);
          expect(forwards).toEqual(expected);
          expect(backwards.reverse()).toEqual(expected);
        },
      ),
      { numRuns: 15 },
    );
  });
});
