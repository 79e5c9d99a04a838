import { describe, expect, it } from 'vitest';
import { analyseScenario, formatScenario } from '../../src/language';
import { Client } from '../adapter/client';
import { problemsOf, runText } from './run-scenario';

/** Names that every JavaScript object has, that a frame of the engine has, and that the language's own code has. */
const NAMES = [
  'constructor',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__proto__',
  'prototype',
  'moveTo',
  'follow',
  'size',
  'get',
  'page_',
];

/** A scenario in which the name stands wherever one may be given. */
const places: Readonly<Record<string, (name: string) => string>> = {
  counter: (name) =>
    `process app {
    buf = mmap 64KiB
    repeat 3 as ${name} { write buf[${name}] = 1; print "{${name}}" }
    expect buf[2].page.refcount >= 1
}`,
  'counter of a thread and of what it is told': (name) =>
    `process app {
    buf = mmap 64KiB
    thread idle
    repeat 3 as ${name} {
        on idle { write buf[${name}] = 1 + ${name} }
        repeat 2 as inner { print "{${name}} {inner}" }
    }
    read buf[2] expect 3
}`,
  buffer: (name) => `process app {
    ${name} = mmap 64KiB
    write ${name}[2] = 1
    expect app.${name}[2].page.refcount >= 1
}`,
  value: (name) => `let ${name} = 3
process app { expect ${name} == 3 }`,
  'value of a process': (name) => `process app { let ${name} = 3; expect ${name} + 1 == 4 }`,
  process: (name) => `process ${name} { fork idle; expect not ${name}.exited }`,
  thread: (name) => `process app { thread ${name} { barrier b }; barrier b; join ${name} }`,
  child: (name) => `process app { fork ${name} { exit 3 }; wait ${name} expect 3 }`,
  device: (name) => `device ${name} private 1MiB
process app { buf = mmap 64KiB; write buf = 1; migrate buf to ${name}; expect ${name}.used == 16 }`,
  file: (name) => `file ${name} 64KiB fill 7
process app { buf = mmap 64KiB file ${name} r; read buf[0] expect 7 }`,
  pin: (name) => `process app { buf = mmap 64KiB; pin buf w as ${name}; unpin ${name} }`,
  barrier: (name) => `process app { thread A { barrier ${name} }; barrier ${name}; join A }`,
};

describe.each(Object.entries(places))('as the name of a %s', (_, scenario) => {
  it.each(NAMES)('%s is like any other', (name) => {
    const text = scenario(name);
    expect(problemsOf(text)).toEqual([]);
    const { failures, stop } = runText(text);
    expect({ failures, stop }).toEqual({ failures: [], stop: 'end' });
    expect(formatScenario(text)).toContain(name);
    expect(analyseScenario(text, 'test.hmm').diagnostics).toEqual([]);
  });
});

/** Scenarios that use a name of which nothing has. */
const strangers = (name: string): string[] => [
  `process app { expect ${name} == 1 }`,
  `process app { expect app.${name} == 1 }`,
  `process app { expect ${name}(3) }`,
  `process app { buf = mmap 4KiB; expect buf.page.${name} == 1 }`,
  `process app { buf = mmap 4KiB; madvise buf ${name} }`,
  `process app { buf = mmap 4KiB; migrate buf to ${name} }`,
  `process app { wait ${name} }`,
  `process app { buf = mmap 4KiB ${name} }`,
  `process app { buf = mmap 4KiB; read buf expect ${name} }`,
  `process app { fork A; kill A ${name} }`,
  `process app { ${name} }`,
  `switch ${name} on\nprocess app { exit }`,
  `profile ${name}\nprocess app { exit }`,
  `device gpu0 ${name} 1MiB\nprocess app { exit }`,
  `device gpu0 private 1MiB driver ${name}\nprocess app { exit }`,
  `device gpu0 private 1MiB ${name} 3\nprocess app { exit }`,
  `machine { node 0 { ${name} 1GiB } }\nprocess app { exit }`,
  `schedule ${name}\nprocess app { exit }`,
  `${name} 3`,
];

it.each(NAMES)('where nothing is called %s, that is said', (name) => {
  for (const text of strangers(name)) {
    const problems = problemsOf(text);
    expect(problems, text).not.toEqual([]);
    for (const problem of problems) expect(problem).not.toMatch(/undefined|=>|\[object|native code/);
  }
});

describe('many loop counters', () => {
  const loops = (count: number): string =>
    Array.from({ length: count }, (_, i) => `repeat 1 as c${i} { write buf = 0 }`).join('\n');
  const scenario = (count: number): string =>
    `process app {\nbuf = mmap 4KiB\n${loops(count - 1)}\nrepeat 5 as last { print "{last}" }\n}`;

  it.each([10, 250, 255, 256])('%i of them count right', (count) => {
    expect(runText(scenario(count)).printed).toEqual(['0', '1', '2', '3', '4']);
  });

  it('more than a frame has room for are refused with their place', () => {
    expect(problemsOf(scenario(257))).toEqual(['259:13: a process has at most 256 names for loop counters']);
  });

  it('leave room for the deepest of nested loops and calls', () => {
    const nested = Array.from({ length: 40 }, (_, i) => `repeat 1 as n${i} {`).join('\n');
    const text = `device gpu0 private 1MiB
process app {
buf = mmap 64KiB
thread idle
${loops(200)}
${nested}
on idle { write buf = 0x11; migrate buf to gpu0; read buf[n39] expect 0x11 }
${'}'.repeat(40)}
}`;
    const { failures, stop } = runText(text);
    expect({ failures, stop }).toEqual({ failures: [], stop: 'end' });
  });
});

describe('two sessions in one process', () => {
  it('do not see the names of each other', async () => {
    const texts = ['one', 'two'].map(
      (name) => `process app {\nbuf = mmap 4KiB\nrepeat 9 as ${name} { write buf = ${name} }\n}`,
    );
    const found = await Promise.all(
      texts.map(async (text) => {
        const client = new Client(new Map([['/a.hmm', text]]));
        await client.start({ stopOnEntry: true });
        for (let i = 0; i < 4; i++) await client.move('next', { threadId: 1 });
        return Object.keys(await client.scope(1, 'Locals'));
      }),
    );
    expect(found).toEqual([
      ['one', 'buf'],
      ['two', 'buf'],
    ]);
  });
});
