import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/time/engine';
import { finish } from '../../src/engine/time/work';
import { buildRun } from '../../src/program';
import { printedBy, problemsOf, programOf, runText } from './run-scenario';

const SIGSEGV = 11;

describe('ranges and values', () => {
  it('accesses every page of a range in turn, at the byte that an address names', () => {
    const { results, failures } = runText(`process app {
    buf = mmap 16KiB
    write buf[1..4] = 0x10 rising
    read buf expect [0, 0x10, 0x11, 0x12]
    write buf + 0x2010 = 7
    read buf[2] expect 0x11
    read buf + 0x2010 expect 7
    read buf + 0x2000 for 8KiB expect [0x11, 0x12]
    fill buf[0] = 9
    read buf + 0xfff expect 9
    add 250 to buf[0]
    read buf[0] expect 3
    read buf + 1 expect 9
}
`);
    expect(failures).toEqual([]);
    expect(results.find(({ text }) => text.startsWith('read buf expect'))?.data).toEqual([
      0, 0x10, 0x11, 0x12,
    ]);
  });

  it('stops at the first page that cannot be accessed', () => {
    const { results } = runText(`process app {
    buf = mmap 16KiB
    munmap buf[2]
    write buf = 1 expect SIGSEGV at buf[2]
    read buf[1] expect 1
    read buf[3] expect 0
}
`);
    expect(results.map(({ signal }) => signal)).toEqual([0, 0, SIGSEGV, 0, 0]);
  });

  it('keeps what was read under a name', () => {
    expect(
      printedBy(`buf = mmap 8KiB
    write buf = 5 rising
    let a = read buf[1]
    let b = a * 2 + buf.pages
    print "{a} {b}"`),
    ).toEqual(['6 14']);
  });

  it('reports a page outside its buffer when only the run can know, and goes on', () => {
    const { failures, stop } = runText(`process app {
    buf = mmap 8KiB
    repeat 3 as i { write buf[i] = 1 }
    expect buf[9 / (buf.pages - 2)].page == none
    write buf[0] = 500 - 499
}
`);
    expect(failures).toEqual(['3: page 2 is outside `buf`, which has pages 0 to 1', '4: division by zero']);
    expect(stop).toBe('end');
  });

  it('moves a name with its buffer, and leaves it where the move fails', () => {
    expect(
      printedBy(`buf = mmap 8KiB at 0x1000000000
    write buf = 3
    mremap buf to 0x2000000000
    print buf.address
    mremap buf to 0x123 expect EINVAL
    read buf expect 3
    read 0x1000000000 expect SIGSEGV`),
    ).toEqual(['0x0000002000000000']);
  });
});

describe("the kernel's copy for a system call", () => {
  it('faults without the flags of user mode, and fails without a signal', () => {
    const { events, failures } = runText(`machine { cpus 1 }
device gpu0 private 64MiB
process app {
    buf = mmap 4KiB
    write buf = 3
    migrate buf to gpu0
    gpu0 fail migrate_to_ram times 3
    copy_from_user buf expect EFAULT
    copy_from_user buf bytes 16 expect EFAULT
    copy_from_user buf expect ok
    copy_to_user buf expect ok
    read buf expect 3
    copy_to_user 0x3000 expect EFAULT
}
`);
    expect(failures).toEqual([]);
    expect(events.some(({ name }) => name === 'signal')).toBe(false);
    const flags = events.flatMap(({ name, args }) => (name === 'handle_mm_fault' ? [args[1]] : []));
    // The write from user mode; the kernel's copy of a byte, of words, which is tried again byte by byte, and of a byte
    // again. Their flags: ALLOW_RETRY, KILLABLE and INTERRUPTIBLE.
    expect(flags).toEqual([0x1255, 0x214, 0x214, 0x214, 0x214]);
  });
});

describe('expectations', () => {
  it('say what was expected and what was found', () => {
    const { failures } = runText(`device gpu0 private 64MiB
process app {
    buf = mmap 8KiB
    write buf = 0x11
    read buf expect 0x12
    read buf expect [0x11, 0x13]
    read buf[0] expect SIGBUS
    munmap buf + 1 expect ok
    gpu0 read buf expect cpages 3, faults 1
    expect buf[0].page.refcount == 9 and gpu0.used == 0
    expect gpu0.used == 0 and gpu0.free == 1
    read 0x5000 expect SIGSEGV code ACCERR
}
`);
    expect(failures).toEqual([
      '5: expected 0x12, found 0x11 in page 0, where 0x12 belongs',
      '6: expected [0x11, 0x13], found 0x11 in page 1, where 0x13 belongs',
      '7: expected SIGBUS, found ok',
      '8: expected ok, found EINVAL',
      '9: expected cpages 3, found cpages 2',
      // One reference is the mapping's, one that of the CPU's LRU batch.
      '10: expected buf[0].page.refcount == 9, found 2',
      '11: expected gpu0.free == 1, found 16384',
      '12: expected SIGSEGV code ACCERR, found SIGSEGV code 1 at 0x0000000000005000',
    ]);
  });

  it('hold or not by profile', () => {
    const text = `process app {
    under 4.14 expect 1 == 2
    under 6.12 { expect 1 == 3 }
}
`;
    expect(runText(text, '4.14').failures).toEqual(['2: expected 1 == 2, found 1']);
    expect(runText(text, '6.12').failures).toEqual(['3: expected 1 == 3, found 1']);
  });
});

describe('devices', () => {
  it('are open from the start unless the process says when', () => {
    const { failures } = runText(`device gpu0 private 64MiB
device gpu1 private 64MiB
process app {
    buf = mmap 4KiB
    gpu0 read buf expect ok
    gpu1 read buf expect EBADF
    open gpu1
    gpu1 read buf expect ok
    close gpu0
    gpu0 read buf expect EBADF
    fork child { gpu1 read buf expect EBADF }
    wait child expect 0
}
`);
    expect(failures).toEqual([]);
  });

  it('fail as often as they are told, of their own or of their driver', () => {
    const { failures } = runText(`device gpu0 private 64MiB
device gpu1 private 64MiB
process app {
    buf = mmap 16KiB
    write buf = 1
    migrate buf[0..2] to gpu0
    migrate buf[2..4] to gpu1
    dmirror fail migrate_to_ram times 2
    read buf[0] expect SIGBUS
    read buf[2] expect SIGBUS
    read buf[0] expect 1
    gpu1 fail page_fault times 1
    read buf[1] expect 1
    read buf[2] expect SIGBUS
    read buf[2] expect 1
    gpu1 dead
    read buf[3] expect SIGBUS
    gpu1 repair
    read buf[3] expect 1
}
`);
    expect(failures).toEqual([]);
  });

  it('drop the pin that is named, or the latest', () => {
    const { failures } = runText(`process app {
    buf = mmap 12KiB
    write buf = 1
    pin buf[0] w as a
    pin buf[1] w as b
    unpin a
    pin buf[2] w
    unpin
    expect buf[0..3].page.pins == [0, 1, 0]
    unpin b
    unpin
}
`);
    expect(failures).toEqual(['11: nothing is pinned']);
  });

  it('leave a pin alone that another task is still building', () => {
    const { failures } = runText(`schedule loop { app a*1 }
process app {
    buf = mmap 16KiB
    thread a { pin buf w }
    unpin
    join a
    expect buf[0..4].page.pins == [1, 1, 1, 1]
}
`);
    expect(failures).toEqual(['5: nothing is pinned']);
  });
});

describe('the machine of a scenario', () => {
  it('has the swap area, the CPUs and the files it asks for', () => {
    const { failures } = runText(`machine {
    node 0 { dma32 256MiB }
    node 2 { normal 128MiB }
    cpus 3
    swap 8MiB
}
file data 8KiB fill 0xfe
process app cpu 2 {
    map = mmap 12KiB file data r
    read map[0..2] expect [0xfe, 0xff]
    read map[2] expect SIGBUS
    expect zone.Normal.present == 32768
    expect task.cpu == 2
    swapoff expect ok
    swapoff expect EINVAL
}
`);
    expect(failures).toEqual([]);
  });

  it('has the fixes that are switched', () => {
    const text = (on: string): string => `switch fix-write-attribute ${on}
device gpu0 private 64MiB
process app {
    buf = mmap 4KiB
    write buf = 1
    migrate buf to gpu0
    read buf expect 1
    print buf[0].pte.write
}
`;
    expect(runText(text('on'), '4.14').printed).toEqual(['true']);
    expect(runText(text('off'), '4.14').printed).toEqual(['false']);
    expect(problemsOf(text('on').replace('attribute', 'atribute'))[0]).toMatch(/1:8: .*did you mean/);
  });
});

describe('compiling', () => {
  it('reports names of the machine that do not exist, at their place', () => {
    expect(problemsOf('process app {\n    expect zone.Device.presnt == 0\n    print task.nmae\n}\n')).toEqual(
      [
        expect.stringMatching(/^2:24: .*`presnt`; did you mean `present`/),
        expect.stringMatching(/^3:16: .*`nmae`; did you mean `name`/),
      ],
    );
  });

  it('refuses one name for a buffer and a value', () => {
    expect(problemsOf('process a {\n    x = mmap 4KiB\n}\nprocess b {\n    let x = 1\n}\n')).toEqual([
      expect.stringMatching(/^5:9: `x` is a buffer in another process/),
    ]);
  });

  it('gives every step of a statement its line and column', () => {
    const { linked } = buildRun(programOf('process app {\n    buf = mmap 4KiB; read buf\n}\n'));
    const app = linked.routines.find(({ routine }) => routine.name === 'app');
    const places = new Set<string>();
    for (let pc = app?.entry ?? 0; pc < (app?.end ?? 0) - 1; pc++)
      places.add(`${linked.line[pc]}:${linked.column[pc]}`);
    expect([...places]).toEqual(['2:5', '2:22', '3:1']);
  });
});

describe('going back', () => {
  const TEXT = `device gpu0 private 64MiB
schedule seed 5
process app {
    buf = mmap 32KiB
    write buf = 1 rising
    fork child
    thread A { repeat 3 as i { read buf[i] } }
    repeat 2 as i {
        migrate buf to gpu0
        on child { read buf[i] expect 1 + i; let v = read buf[7] }
        pin buf[2] w as p
        unpin p
    }
    join A
}
`;

  it('leads to the same machine as the way there, at every time', () => {
    const straight = buildRun(programOf(TEXT));
    const hashes = new Map<number, number>();
    for (let time = 0; time < 4000; time += 97) {
      if (straight.interpreter.run(time, false) === 'end') break;
      hashes.set(time, straight.kernel.store.hash());
    }
    const engine = new Engine(buildRun(programOf(TEXT)).interpreter, { interval: 500 });
    finish(engine.forward(10_000));
    const times = [...hashes.keys()];
    for (let i = 0; i < times.length; i++) {
      const time = times[(i * 7) % times.length] ?? 0;
      finish(engine.seek(time));
      expect([time, engine.kernel.store.hash()]).toEqual([time, hashes.get(time)]);
    }
  });
});
