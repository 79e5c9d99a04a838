/** Processes and threads: how they start, wait, are told to do something, and end. */

import { describe, expect, it } from 'vitest';
import { allExited, printedBy, runText } from './run-scenario';

const SIGKILL = 9;

describe('signals', () => {
  it('end the process when nobody expects them, and its threads with it', () => {
    const { results, run, stop } = runText(`process app {
    fork child {
        thread other { loop { drain lru } }
        thread idle
        read 0x1000
        write 0x2000 = 1
    }
    wait child expect SIGSEGV
}
`);
    expect(results.some(({ text }) => text.startsWith('write'))).toBe(false);
    expect(stop).toBe('end');
    expect(allExited(run)).toBe(true);
  });

  it('are sent by kill to whoever runs or waits', () => {
    const { failures, results } = runText(`process app {
    fork busy { loop { drain lru } }
    fork waiting { barrier never of 2 }
    fork idle
    kill busy
    kill waiting SIGTERM
    kill idle
    wait busy expect SIGKILL
    wait waiting expect SIGTERM
    wait idle expect SIGKILL
    kill idle expect ESRCH
}
`);
    expect(failures).toEqual([]);
    expect(results.filter(({ text }) => text.startsWith('wait')).map(({ signal }) => signal)).toEqual([
      SIGKILL,
      15,
      SIGKILL,
    ]);
  });
});

describe('processes', () => {
  it('inherit names at the fork and keep later ones to themselves', () => {
    expect(
      printedBy(`buf = mmap 4KiB
    write buf = 1
    let v = 10
    fork child {
        let w = v + 1
        write buf = 2
        print "{w} {buf[0].page.value}"
        exit 7
    }
    wait child expect 7
    print "{v} {buf[0].page.value}"`),
    ).toEqual(['11 0x2', '10 0x1']);
  });

  it('can be told what to do, with the names of the one who tells', () => {
    expect(
      printedBy(`fork child
    buf = mmap 8KiB at 0x1000000000
    let v = 5
    repeat 2 as i {
        on child {
            repeat 2 as k { print "{i} {k} {v} {buf.address}" }
        }
    }
    on child read buf[0] expect SIGSEGV
    on child buf2 = mmap 4KiB
    on child { write buf2 = v; read buf2 expect 5 }
    on child exit 4
    wait child expect 4`),
    ).toEqual([0, 1].flatMap((i) => [0, 1].map((k) => `${i} ${k} 5 0x0000001000000000`)));
  });

  it('tell each other through more than one', () => {
    expect(
      printedBy(`fork a
    on a fork b
    on b { print "b" }
    on a { on b { print "b for a" } }
    on b exit
    on a { wait b expect 0; print "a" }`),
    ).toEqual(['b', 'b for a', 'a']);
  });

  it('report a task that has ended or was never started', () => {
    const { failures } = runText(`process app {
    fork child
    on child exit
    on child drain lru
    repeat 0 { thread A }
    on A drain lru
}
`);
    expect(failures).toEqual(['4: `child` has ended', '6: `A` has not been started']);
  });

  it('are idle only as long as somebody can tell them something', () => {
    const { stop, run } = runText('process app {\n    fork a\n    on a fork b\n    on a thread T\n}\n');
    expect(stop).toBe('end');
    expect(allExited(run)).toBe(true);
  });
});

describe('threads', () => {
  it('share memory and names, and meet at barriers', () => {
    const printed = printedBy(`buf = mmap 8KiB
    thread A {
        barrier go
        repeat 3 as i { write buf[0] = i }
        let last = read buf[0]
    }
    thread B {
        barrier go
        repeat 3 as i { write buf[1] = 10 + i }
    }
    barrier go
    join A
    join B
    print "{last} {buf[1].page.value}"`);
    expect(printed).toEqual(['2 0xc']);
  });

  it('begin with the counters of the loops around them', () => {
    const printed = printedBy(`repeat 3 as i {
        thread T { print i }
        join T
    }`);
    expect(printed).toEqual(['0', '1', '2']);
  });

  it('end with their process', () => {
    const { stop, run } = runText(
      'process app {\n    thread A { loop { drain lru } }\n    thread B\n    exit 3\n}\n',
    );
    expect(stop).toBe('end');
    expect(allExited(run)).toBe(true);
    expect(run.kernel.tasks.exitCode.get(1)).toBe(3);
  });
});
