import { describe, expect, it } from 'vitest';
import { DebugSession } from '../../src/debugger/session';
import { framesOf } from '../../src/debugger/stack';
import type { TaskRow } from '../../src/engine/machine/ids';
import { Int, routine } from '../../src/engine/routine/routine';
import { Schedule } from '../../src/engine/time/schedule';
import { finish } from '../../src/engine/time/work';
import { Variables } from '../../src/view/environment';
import { machineWith, worker } from '../time/synthetic';

const at = (line: number) => ({ line, column: 1 });

/** Three statements, on lines 2, 3 and 5; the second calls `worker`, which works on a lock in three rounds. */
const body = routine({
  name: 'app',
  file: 'test.hmm',
  about: 'A scenario.',
  scenario: true,
  params: { n: Int },
  body: (r) => [
    { ...r.step('first', () => {}), at: at(2) },
    {
      ...r.call('second', worker, (_, f, callee) => {
        callee.n = f.n;
      }),
      at: at(3),
    },
    { ...r.step('third', () => {}), at: at(5) },
  ],
});

const A = 1 as TaskRow;
const B = 2 as TaskRow;
const path = '/scenarios/test.hmm';

function session(tasks = 1, rounds = 3): DebugSession {
  const interpreter = machineWith(Array.from({ length: tasks }, () => ({ routine: body, n: rounds })));
  const { kernel, linked } = interpreter;
  const schedule = new Schedule(kernel, { kind: 'round-robin' });
  interpreter.scheduler = schedule;
  const names = {
    tasks: ['a', 'b'],
    threads: new Set<number>(),
    devices: [],
    files: [],
    pins: [],
    barriers: [],
    variables: [],
    constants: new Map<string, number>(),
  };
  for (let task = 1; task <= tasks; task++) kernel.tasks.taskName.set(task, task - 1);
  const world = { kernel, routines: linked.routines, names, variables: new Variables(kernel.store, 0) };
  return new DebugSession({ interpreter, schedule, world, path, text: '' }, { interval: 16 });
}

const place = (s: DebugSession, task = A) => {
  const [top] = framesOf(s.debuggee.world, s.map, task);
  return `${top?.routine.routine.name}:${top?.line}`;
};
const run = (
  s: DebugSession,
  move: 'next' | 'stepIn' | 'stepOut' | 'stepBack' | 'reverseStepOut',
  task = A,
) => {
  const stop = finish(s[move](task));
  return `${place(s, task)} ${stop.reason}`;
};

describe('stepping', () => {
  it('goes over statements, and back over the same ones', () => {
    const s = session();
    const hash = () => s.engine.kernel.store.hash();
    const seen = [[place(s), hash()]];
    for (const expected of ['app:3 step', 'app:5 step']) {
      expect(run(s, 'next')).toBe(expected);
      seen.push([place(s), hash()]);
    }
    for (const expected of seen.reverse().slice(1)) {
      finish(s.stepBack(A));
      expect([place(s), hash()]).toEqual(expected);
    }
    expect(s.time).toBe(0);
    expect(finish(s.stepBack(A))).toMatchObject({ reason: 'entry' });
  });

  it('goes into a routine, step by step, and out of it both ways', () => {
    const s = session();
    run(s, 'next');
    const call = s.time;
    expect(run(s, 'stepIn')).toBe('worker:3 step');
    expect(run(s, 'next')).toBe('worker:4 step');
    expect(run(s, 'next')).toBe('worker:5 step');
    expect(run(s, 'stepIn')).toBe('leaf:3 step');
    const inside = s.time;
    expect(run(s, 'reverseStepOut')).toBe('worker:5 step');
    finish(s.seek(inside));
    expect(run(s, 'stepOut')).toBe('worker:6 step');
    expect(run(s, 'reverseStepOut')).toBe('app:3 step');
    expect(s.time).toBe(call);
  });

  it('stops at the end with a summary, and stays there', () => {
    const s = session();
    expect(finish(s.continue())).toMatchObject({ reason: 'end' });
    expect(s.atEnd).toBe(true);
    expect(finish(s.next(A)).reason).toBe('end');
  });

  it('says on whom a task waits that blocks', () => {
    const s = session(2);
    s.breakpoints.setFunctions([{ name: 'leaf' }]);
    finish(s.continue());
    expect(place(s)).toBe('leaf:3');
    // The other task is made to run while the first holds the lock.
    const stop = finish(s.continue(B));
    expect(stop).toMatchObject({ reason: 'step', task: B });
    expect(stop.text).toContain("b waits for the driver's lock");
  });
});

describe('breakpoints', () => {
  it('binds to the next line with a statement, or says why not', () => {
    const s = session();
    const [two, four, nine] = s.breakpoints.setLines(path, [at(2), at(4), at(9)]);
    expect(two).toMatchObject({ verified: true, line: 2 });
    expect(four).toMatchObject({ verified: true, line: 5 });
    expect(nine).toMatchObject({ verified: false, message: 'No statement begins on this line or after it.' });
    const [unknown] = s.breakpoints.setFunctions([{ name: 'laef' }]);
    expect(unknown?.message).toContain('did you mean `leaf`');
  });

  it.each([
    ['2', 1, 2],
    ['>3', 3, 2],
    ['==3', 2, 0],
    ['%2', 1, 1],
  ])('counts its hits: %s', (hitCondition, first, more) => {
    const s = session(1, 5);
    s.breakpoints.setFunctions([{ name: 'leaf', hitCondition }]);
    const hits: number[] = [];
    while (finish(s.continue()).reason === 'function breakpoint') hits.push(n(s));
    expect(hits[0]).toBe(first);
    expect(hits.length - 1).toBe(hitCondition === '2' ? 3 : hitCondition === '>3' ? 1 : more);
    const back: number[] = [];
    while (finish(s.reverseContinue()).reason === 'function breakpoint') back.push(n(s));
    expect(back).toEqual([...hits].reverse());
    expect(s.time).toBe(0);
  });

  /** Parameter of `leaf`, which counts its calls from 0. */
  const n = (s: DebugSession) => {
    const [top] = framesOf(s.debuggee.world, s.map, A);
    return s.engine.kernel.tasks.stack.get(top?.base ?? 0);
  };

  it('counts from the start of the run even if it is set later', () => {
    const s = session(1, 5);
    s.breakpoints.setFunctions([{ name: 'leaf' }]);
    finish(s.continue());
    finish(s.continue());
    s.breakpoints.setFunctions([{ name: 'leaf', hitCondition: '==4' }]);
    finish(s.continue());
    expect(n(s)).toBe(3);
  });

  it('stops where its condition holds, forwards and backwards', () => {
    const s = session(1, 5);
    s.breakpoints.setFunctions([{ name: 'leaf', condition: 'n == 2' }]);
    expect(finish(s.continue()).reason).toBe('function breakpoint');
    expect(n(s)).toBe(2);
    const { time } = s;
    expect(finish(s.continue()).reason).toBe('end');
    finish(s.reverseContinue());
    expect(s.time).toBe(time);
  });

  it('reports a broken condition once and goes on', () => {
    const s = session(1, 5);
    const changes: (string | undefined)[] = [];
    const said: string[] = [];
    s.events = {
      logged: () => {},
      breakpointChanged: ({ message }) => changes.push(message),
      refused: (text) => said.push(text),
    };
    s.breakpoints.setFunctions([
      { name: 'leaf', condition: '1 / n > 0' },
      { name: 'leaf', condition: 'm == 1' },
    ]);
    expect(finish(s.continue()).reason).toBe('function breakpoint');
    expect(changes).toEqual(['Division by zero.']);
    expect(said).toEqual([
      expect.stringMatching(/^The breakpoint on leaf never stops: There is no `m` here/),
      'The breakpoint on leaf never stops: Division by zero.',
    ]);
  });

  it('logs instead of stopping, and not while it searches backwards', () => {
    const s = session(1, 2);
    const texts: string[] = [];
    s.events = { logged: (text) => texts.push(text), breakpointChanged: () => {}, refused: () => {} };
    s.breakpoints.setLines(path, [{ ...at(5), logMessage: 'at {time} {{' }]);
    expect(finish(s.continue()).reason).toBe('end');
    expect(texts).toHaveLength(1);
    expect(texts[0]).toMatch(/^at \d+ \{$/);
    finish(s.reverseContinue());
    expect(texts).toHaveLength(1);
  });

  it('goes back to where it was when a search is given up', () => {
    const s = session(1, 30);
    s.breakpoints.setFunctions([{ name: 'leaf', condition: 'n == 1000' }]);
    finish(s.continue());
    const { time } = s;
    s.engine.sliceSteps = 5;
    const work = s.reverseContinue();
    work.next();
    work.next();
    expect(s.time).not.toBe(time);
    work.return(s.stopped);
    expect(s.time).toBe(time);
  });
});
