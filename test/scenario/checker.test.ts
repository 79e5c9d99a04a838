import { describe, expect, it } from 'vitest';
import { analyseScenario, checkScenario, KNOWLEDGE } from '../../src/language/index';
import { diagnosticsOf, SAMPLE, statementDiagnostics } from './helpers';

describe('the checker', () => {
  it('has nothing against the sample, under either profile', () => {
    expect(diagnosticsOf(SAMPLE)).toEqual([]);
    expect(checkScenario(SAMPLE, 'f', { profile: '4.14' })).toEqual([]);
  });

  it.each([
    ['read bfu', '1:6: there is no buffer `bfu`; did you mean `buf`?'],
    ['read gpu0', '1:6: `gpu0` is a device, not a buffer'],
    ['read later\nlater = mmap 4KiB', '1:6: there is no buffer `later`; it is defined only later, on line 8'],
    ['gpu7 read buf', '1:1: there is no device `gpu7`; did you mean `gpu0`?'],
    ['migrate buf to app', '1:16: `app` is a process, not a device'],
    ['b = mmap 4KiB file dat', '1:20: there is no file `dat`; did you mean `data`?'],
    [
      'expect later == 1\nlet later = 1',
      '1:8: there is no `later` here; it is defined only later, on line 8',
    ],
    ['wait kidd\nfork kid', '1:6: there is no process or thread `kidd`; did you mean `kid`?'],
    ['thread A { read buf }\nwait A', '2:6: `A` is a thread; wait for it with `join A`'],
    ['fork kid\njoin kid', '2:6: `kid` is a process; wait for it with `wait kid`'],
    ['wait app', '1:6: `app` cannot wait for itself'],
    [
      'fork kid { read buf }\non kid read buf',
      '2:4: `kid` runs statements of its own; only one that was started without a body can be told what to do',
    ],
    ['on kid read buf\nfork kid', '1:4: `kid` is started only later, on line 8'],
    ['fork kid\nfork kid', '2:6: `kid` is already the name of a child process (line 7)'],
    ['let v = 1\nlet v = 2', '2:5: `v` is already the name of a value (line 7)'],
    ['zone = mmap 4KiB', '1:1: `zone` means a part of the machine in expressions; choose another name'],
    ['read = mmap 4KiB', '1:1: expected a name, but `read` is a word of the language; choose another name'],
    ['kill app SIGBUZ', '1:10: `SIGBUZ` is not a signal; did you mean `SIGBUS`?'],
    ['expect buf.page.zone == Devise', '1:25: there is no `Devise` here; did you mean `Device`?'],
    ['expect pt(buf) == 0', '1:8: there is no function `pt`; did you mean `pte`?'],
    [
      'pmem0 read buf',
      '1:1: `pmem0` is persistent memory and has no driver to read; it can only be mapped: `mmap … device pmem0`',
    ],
    [
      'migrate buf to pmem0',
      '1:16: `pmem0` is persistent memory and has no driver to migrate; it can only be mapped: `mmap … device pmem0`',
    ],
    ['under 4.15 read buf', '1:7: there is no profile 4.15; nearest are 4.14 and 6.1'],
    ['under 4.14 gpu0 exclusive buf', '1:12: `exclusive` needs Linux 5.14; this runs under 4.14'],
    ['under 4.14, 6.12 madvise buf cold', '1:30: `madvise … cold` needs Linux 5.4; this runs under 4.14'],
    ['exit\nread buf', '2:1: warning: this is never reached'],
    ['barrier b', '1:9: warning: only one task comes to barrier `b`, so nothing waits there'],
  ])('%j', (text, diagnostic) => {
    expect(statementDiagnostics(text)).toEqual([diagnostic]);
  });

  it.each([
    [
      'read buf[16]',
      '1:6: this range is outside `buf`, which has 16 pages, 0 to 15; if that is meant, write `past end` after it',
    ],
    [
      'write buf[0..17] = 1',
      '1:7: this range is outside `buf`, which has 16 pages, 0 to 15; if that is meant, write `past end` after it',
    ],
    [
      'read buf[17..]',
      '1:6: this range is outside `buf`, which has 16 pages, 0 to 15; if that is meant, write `past end` after it',
    ],
    [
      'expect buf[16].page == none',
      '1:8: this range is outside `buf`, which has 16 pages, 0 to 15; if that is meant, write `past end` after it',
    ],
    ['read buf[4..4]', '1:6: this range is empty: it ends before page 4 and begins at 4'],
    ['read buf[-1]', '1:6: pages count from 0'],
    [
      'let n = 16\nread buf[n]',
      '2:6: this range is outside `buf`, which has 16 pages, 0 to 15; if that is meant, write `past end` after it',
    ],
    [
      'b = mmap 4KiB\nread b[1]',
      '2:6: this range is outside `b`, which has one page, page 0; if that is meant, write `past end` after it',
    ],
  ])('ranges: %j', (text, diagnostic) => {
    expect(statementDiagnostics(text)).toEqual([diagnostic]);
  });

  it.each([
    ['read buf[16] expect SIGSEGV'],
    ['munmap buf[0..20] past end'],
    ['madvise buf[0..20] dontneed expect ENOMEM'],
    ['read buf[15]'],
    ['buf = mmap 32 pages\nread buf[31]'],
    ['mremap buf size 32 pages\nread buf[31]'],
    ['repeat 3 {\nread buf[20]\nmremap buf size 32 pages\n}'],
    ['fork kid\non kid { c = mmap 4KiB; read c; read buf }\non kid read c'],
    ['thread A { c = mmap 4KiB }\njoin A\nread c'],
    ['let v = read buf[0]\nfork kid { let v = 3 }'],
    ['under 6.12 gpu0 exclusive buf'],
    ['expect process.name == "app" and profile == "6.12"'],
    ['dmirror fail migrate_to_ram times 2'],
    ['thread A { barrier b }\nbarrier b\njoin A'],
  ])('allows %j', (text) => {
    expect(statementDiagnostics(text)).toEqual([]);
  });

  it.each([
    ['b = mmap 6000', '1:10: 6000 is not a multiple of 4KiB; the nearest is 4KiB'],
    ['b = mmap 7000', '1:10: 7000 is not a multiple of 4KiB; the nearest is 8KiB'],
    ['b = mmap 0', '1:10: a mapping needs a size'],
    ['b = mmap 200TiB', '1:10: a mapping of 200TiB is more than the address space (128TiB)'],
    ['b = mmap 64KiB hugetlb', '1:10: 64KiB is not a multiple of 2MiB; the nearest is 2MiB'],
    [
      'b = mmap 4KiB at 0x800000000000',
      '1:18: 0x800000000000 is not an address of user space, which ends at 0x800000000000',
    ],
    ['write buf = 256', '1:13: a byte is between 0 and 255, not 256'],
    [
      'repeat 1e12 { read buf }',
      '1:8: how often a block is repeated is between 0 and 1000000000, not 1000000000000',
    ],
    ['thread A cpu 2 { read buf }', '1:14: the number of a CPU is between 0 and 1, not 2'],
  ])('sizes: %j', (text, diagnostic) => {
    expect(statementDiagnostics(text)).toEqual([diagnostic]);
  });

  it.each([
    ['profile 6.11\nprocess p { }', '1:9: there is no profile 6.11; nearest are 6.1 and 6.12'],
    [
      'device g private\nprocess p { }',
      '1:8: device `g` has no memory; say how much, as in `device g private 64MiB`',
    ],
    [
      'device g private 0MiB\nprocess p { }',
      '1:18: device `g` has no memory; say how much, as in `device g private 64MiB`',
    ],
    ['device g private 5000\nprocess p { }', '1:18: 5000 is not a multiple of 4KiB; the nearest is 4KiB'],
    [
      'device g private 64MiB driver dmiror\nprocess p { }',
      '1:31: there is no driver `dmiror`; did you mean `dmirror`?',
    ],
    [
      'device g private 64MiB speed=3\nprocess p { }',
      '1:24: driver dmirror has no option `speed`; known is faults',
    ],
    [
      'device g private 64MiB faults=0\nprocess p { }',
      '1:31: the number of entries of a fault buffer is between 1 and 65536, not 0',
    ],
    [
      'device g private 64MiB faults=65537\nprocess p { }',
      '1:31: the number of entries of a fault buffer is between 1 and 65536, not 65537',
    ],
    [
      'device g private 64MiB faults=g.used\nprocess p { }',
      '1:31: the number of entries of a fault buffer must be known before the run begins',
    ],
    ['device g private 64MiB faults=1 faults=2\nprocess p { }', '1:33: `faults` is said twice'],
    [
      'device g persistent 64MiB faults=1\nprocess p { }',
      '1:27: persistent memory has no driver, and so no option `faults`',
    ],
    [
      'device g private 1MiB\ndevice g private 1MiB\nprocess p { }',
      '2:8: `g` is already the name of a device (line 1)',
    ],
    [
      'profile 4.14\ndevice g coherent 64MiB\nprocess p { }',
      '2:10: coherent device memory needs Linux 6.0; this runs under 4.14',
    ],
    [
      'machine { node 0 { dma 32MiB } }\nprocess p { }',
      '1:24: zone dma of 32MiB is more than where zone dma ends (16MiB)',
    ],
    [
      'device g private 1MiB node g.used\nprocess p { }',
      '1:28: the number of a node must be known before the run begins',
    ],
    [
      'device g private 1MiB\nfile f g.free\nprocess p { }',
      '2:8: the size of a file must be known before the run begins',
    ],
    ['machine { cpus 0 }\nprocess p { }', '1:16: the number of CPUs is between 1 and 64, not 0'],
    [
      'schedule p x\nprocess p { }',
      '1:12: there is no task `x`; these can run: p, kworker0, kworker1, kswapd0',
    ],
    [
      'machine { cpus 3 }\nschedule kworker3\nprocess p { }',
      '2:10: there is no task `kworker3`; did you mean `kworker0`?',
    ],
    [
      'machine { cpus 1 }\nschedule kworker0 p\nprocess p { }',
      '2:10: there is no task `kworker0`; these can run: p, kswapd0',
    ],
    ['schedule p kswapd1\nprocess p { }', '1:12: there is no task `kswapd1`; did you mean `kswapd0`?'],
    ['profile 6.12\nprofile 4.14\nprocess p { }', '2:1: a scenario has only one `profile`'],
    ['# nothing\n', '1:1: nothing happens here: a scenario needs a process, as in `process app { … }`'],
    ['read buf', '1:1: a statement stands inside a process: `process app { … }`'],
    [
      'process p {\ndevice g private 1MiB\n}',
      '2:1: `device` is for the whole scenario; it stands outside the processes',
    ],
  ])('declarations: %j', (text, diagnostic) => {
    expect(diagnosticsOf(text)).toEqual([diagnostic]);
  });

  it('knows the switches it is told of', () => {
    const knowledge = { ...KNOWLEDGE, switches: ['60bae7370896'] };
    const found = checkScenario('switch 60bae7370897 off\nprocess p { }', 'f', { knowledge });
    expect(found.map((d) => d.message)).toEqual([
      'there is no switch `60bae7370897`; did you mean `60bae7370896`?',
    ]);
  });

  it('counts who meets at a barrier, and says which profile holds', () => {
    const text =
      'process p {\nrepeat 2 { barrier b }\nthread A { barrier b }\nthread B { barrier b }\njoin A\njoin B\n}';
    const checked = analyseScenario(text, 'f');
    expect(checked.runnable).toBe(true);
    expect(checked.profile).toBe('6.12');
    expect(checked.barriers.get('b')).toBe(3);
  });

  it('reports what is wrong in all parts of a text at once, in its order', () => {
    const text = 'profile 5.0\ndevice g private 0\nprocess p {\n  read x\n  write\n  b = mmap 1\n}\n';
    expect(diagnosticsOf(text).map((d) => d.split(' ')[0])).toEqual([
      '1:9:',
      '2:18:',
      '4:8:',
      '5:8:',
      '6:12:',
    ]);
  });
});
