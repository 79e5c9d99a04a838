/** Waits of a scenario's own that nobody can end are found while other tasks still run. */

import { describe, expect, it } from 'vitest';
import { buildRun, compileScenario } from '../../src/program';
import { stuckText } from '../../src/view/waits';
import { runChecked } from '../properties/machine';

/** Steps after which a run that finds nothing is given up: the loops of these scenarios are for ever. */
const LIMIT = 20_000;

/** The first thing that a detector says; undefined if none says anything. */
function found(text: string): string | undefined {
  const { program, diagnostics } = compileScenario(text, 'stuck.hmm');
  if (!program) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const { interpreter, kernel, world } = buildRun(program);
  let said: string | undefined;
  kernel.events.observer = (task, name, _, args) => {
    if (name !== 'deadlock' && name !== 'never_wakes') return;
    said ??= stuckText(world, name, args, task);
    interpreter.interrupt();
  };
  interpreter.run(LIMIT, false);
  return said;
}

const LOOPS = 'loop { read buf[0] }';
/** Goes on for longer than the run is looked at, but not for ever. */
const LONG = 'repeat 100000 { read buf[0] }';
/** A process whose threads have these texts; the last one loops for ever, so that somebody can always run. */
const withThreads = (before: string, ...texts: readonly string[]): string => `
schedule seed 7
device gpu0 private 1MiB
process app {
    buf = mmap 4 pages
    write buf = 1
    ${before}
    ${texts.map((text, i) => `thread ${'ABCDEF'[i]} { ${text} }`).join('\n    ')}
    ${LOOPS}
}
`;

describe('a barrier', () => {
  it('that nobody else can come to is waited at for ever', () => {
    expect(found(withThreads('', 'barrier x of 3', 'barrier x of 3'))).toMatch(
      /^app\.[AB] waits for barrier x\. It can never wake: nobody is left who could end this wait\.$/,
    );
  });

  it('is none of that while one that may come has not ended', () => {
    const comes = `${LONG}; barrier x of 3`;
    expect(found(withThreads('', 'barrier x of 3', 'barrier x of 3', comes))).toBeUndefined();
  });

  it('is waited at for ever once the last that might have come has ended', () => {
    // What stands behind an endless loop nobody comes to.
    expect(found(withThreads('', 'barrier x of 2', `${LOOPS}; barrier x of 2`))).toMatch(/It can never wake/);
    const may = 'repeat 3 { read buf[1] }; repeat 0 { barrier x of 2 }';
    expect(found(withThreads('', 'barrier x of 2', may))).toMatch(
      /^app\.A waits for barrier x\. It can never/,
    );
  });

  it('may be come to by a task that is not started yet, and by one that is started again', () => {
    const startsLater = `${LONG}; thread Z { barrier x of 2 }`;
    expect(found(withThreads('', 'barrier x of 2', startsLater))).toBeUndefined();
    const startsAgain = 'loop { thread Z { repeat 0 { barrier x of 2 } }; join Z }';
    expect(found(withThreads('', 'barrier x of 2', startsAgain))).toBeUndefined();
    const startsOnce = `thread Z { repeat 0 { barrier x of 2 } }; ${LOOPS}`;
    expect(found(withThreads('', 'barrier x of 2', startsOnce))).toMatch(/^app\.A waits for barrier x/);
  });

  it('is left by whoever is killed: who may do that can end the wait', () => {
    const kills = `${LONG}; exit 3`;
    expect(found(withThreads('', 'barrier x of 2', kills))).toBeUndefined();
  });

  it('and another one, come to in opposite orders, are a deadlock', () => {
    const said = found(withThreads('', 'barrier x of 2; barrier y of 2', 'barrier y of 2; barrier x of 2'));
    expect(said).toMatch(
      /^Deadlock: app\.([AB]) waits for barrier [xy]; app\.[AB] waits for barrier [xy]\.$/,
    );
  });
});

describe('the memory of a device', () => {
  it('is waited for for ever if nobody lets go of its last page', () => {
    const said = found(withThreads('migrate buf to gpu0; get_page buf[1]', 'gpu0 release'));
    expect(said).toMatch(
      /^app\.A waits for the last page in use of gpu0: .* It can never wake: nobody is left/,
    );
  });

  it('is none of that while somebody may let go', () => {
    const puts = `${LONG}; put_page buf[1]`;
    const before = 'migrate buf to gpu0; get_page buf[1]';
    expect(found(withThreads(before, 'gpu0 release', puts))).toBeUndefined();
    // What gives back pins does not help.
    const unpins = `${LONG}; unpin`;
    expect(found(withThreads(before, 'gpu0 release', unpins))).toMatch(/It can never wake/);
  });
});

describe('the memory of a device that is still mapped', () => {
  // R asks for the memory while it is pinned.
  const pinned = (text: string): string => `
schedule seed 3
device gpu0 coherent 1MiB node 0
process app {
    buf = mmap 4KiB
    write buf = 1
    migrate buf to gpu0
    pin buf r as p
    thread R { gpu0 release }
    repeat 10 { read buf }
    unpin p
    ${text}
}`;

  it('is waited for in vain by who waits for the one that would let go of it', () => {
    expect(found(pinned('join R'))).toMatch(
      /^Deadlock: app waits for app\.R to end; app\.R waits for the last page in use of gpu0/,
    );
  });

  it('may be let go of while anybody else is left', () => {
    expect(found(pinned(LOOPS))).toBeUndefined();
  });
});

describe('an idle thread', () => {
  it('that nobody can tell anything is not stuck, but who waits for it is', () => {
    expect(found(withThreads('thread idle'))).toBeUndefined();
    expect(found(withThreads('thread idle', 'join idle'))).toMatch(
      /^app\.A waits for app\.idle to end\. It can never wake: /,
    );
    const tells = `${LONG}; on idle { exit }`;
    expect(found(withThreads('thread idle', 'join idle', tells))).toBeUndefined();
  });
});

describe('no alarm is raised', () => {
  const ONCE_MORE = 'repeat 30 { read buf }';
  const texts: readonly [what: string, text: string][] = [
    [
      'a barrier that is met again and again',
      'thread A { repeat 20 { barrier x of 2 } }; thread B { repeat 20 { barrier x of 2 } }; join A; join B',
    ],
    [
      'an idle thread of a child that comes to its end',
      `fork child { thread idle; ${ONCE_MORE} }; wait child`,
    ],
    [
      'an idle thread that is told something in the end',
      `fork child { thread idle; ${ONCE_MORE}; on idle { read buf } }; wait child`,
    ],
    ['a thread at a barrier when its process ends', `thread T { barrier x of 2 }; ${ONCE_MORE}`],
    [
      'a thread that joins an idle one when its process ends',
      `thread idle; thread T { join idle }; ${ONCE_MORE}`,
    ],
    [
      'a child at a barrier that is killed',
      `fork child { barrier x of 2 }; ${ONCE_MORE}; kill child; wait child`,
    ],
    [
      'a barrier for which a thread is started a second time',
      'thread B { barrier x of 2 }; thread S { repeat 2 as i { thread Z { read buf; repeat i { barrier x of 2 } }; join Z } }; join B; join S',
    ],
    [
      'two processes at one barrier',
      `fork child { ${ONCE_MORE}; barrier x of 2 }; barrier x of 2; wait child`,
    ],
  ];

  it.each(texts)('for %s', (_, text) => {
    for (let seed = 1; seed <= 12; seed++) {
      const scenario = `schedule seed ${seed}\nmachine { cpus 2 }\nprocess app {\nbuf = mmap 4KiB\nwrite buf = 1\n${text}\n}`;
      const { stop, broken } = runChecked(scenario);
      expect({ seed, stop, broken }).toEqual({ seed, stop: 'end', broken: [] });
    }
  });
});
