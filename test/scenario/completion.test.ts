import { describe, expect, it } from 'vitest';
import { completeAt, definitionAt, describeAt, symbolsOf } from '../../src/language/index';
import { SAMPLE } from './helpers';

/** Labels offered where `|` stands. */
function offered(text: string): string[] {
  return completeAt(text.replace('|', ''), text.indexOf('|')).map((item) => item.label);
}

const head =
  'device gpu0 private 64MiB\nfile data 4KiB\nprocess app {\n  buf = mmap 64KiB\n  fork kid\n  thread A { read buf }\n';

describe('completion', () => {
  it.each<[string, string[]]>([
    ['|', ['profile', 'device', 'process']],
    ['pro|', ['profile', 'process']],
    ['profile |', ['4.14', '6.12']],
    ['device g |', ['private', 'coherent', 'persistent']],
    ['device g private 64MiB driver |', ['dmirror']],
    ['device g private 64MiB |', ['driver', 'faults=']],
    ['machine {\n |', ['node', 'cpus']],
    ['machine { node 0 { |', ['dma32', 'normal']],
    [`${head}  |`, ['read', 'migrate', 'gpu0', 'expect']],
    [`${head}  read |`, ['buf']],
    [`${head}  on kid |`, ['read', 'gpu0']],
    [`${head}  gpu0 |`, ['snapshot', 'fail']],
    [`${head}  gpu0 fail |`, ['migrate_to_ram', 'copy']],
    [`${head}  gpu0 fail migrate_to_ram as |`, ['sigbus', 'oom']],
    [`${head}  fail |`, ['kernel']],
    [`${head}  fail kernel alloc |`, ['page_table', 'anon_vma', 'vma', 'eviction', 'times']],
    [`${head}  repair |`, ['kernel']],
    [`${head}}\nschedule {\n app |`, ['app', 'A', 'loop']],
    [`${head}}\nschedule app |`, ['app', 'loop']],
    [`${head}  migrate buf to |`, ['gpu0']],
    [`${head}  madvise buf |`, ['dontneed', 'pageout']],
    [`${head}  mprotect buf[0..2] |`, ['none', 'rw']],
    [`${head}  wait |`, ['kid']],
    [`${head}  join |`, ['A']],
    [`${head}  read buf expect |`, ['SIGBUS', 'EFAULT', 'ok']],
    [`${head}  m = mmap 4KiB file |`, ['data']],
    [`${head}  m = mmap 4KiB |`, ['shmem', 'rw']],
    [`${head}  expect buf[0].page.zone == |`, ['Device', 'pte']],
    [`${head}  under |`, ['4.14']],
  ])('%j', (text, labels) => {
    expect(offered(text)).toEqual(expect.arrayContaining(labels));
  });

  it.each([`${head}  expect buf.nothing.|`, '# pro|', 'process app { # rea|'])(
    'offers nothing at %j',
    (text) => {
      expect(offered(text)).toEqual([]);
    },
  );

  it('does not offer the names of another process', () => {
    expect(offered(`process a { own = mmap 4KiB }\n${head}  read |`)).not.toContain('own');
  });
});

describe('hovers, definitions, outline', () => {
  const at = (needle: string): number => SAMPLE.indexOf(needle);

  it('describes words where they stand, and names by their declaration', () => {
    expect(describeAt(SAMPLE, at('munmap'))?.markdown).toContain('munmap RANGE');
    expect(describeAt('process a { fail kernel alloc }', 13)?.markdown).toContain('fail kernel alloc');
    expect(describeAt(SAMPLE, at('fail migrate'))?.markdown).toContain('DEVICE fail');
    expect(describeAt(SAMPLE, at('read buf[3]'))?.markdown).toContain('The CPU loads');
    expect(describeAt('device g private 4KiB\nprocess p { g read x }', 36)?.markdown).toContain(
      'The device reads',
    );
    expect(describeAt(SAMPLE, at('buf[3].page'))?.markdown).toContain('buf = mmap 64KiB anon rw');
    expect(describeAt(SAMPLE, at('64MiB'))).toBeUndefined();
  });

  it('finds declarations', () => {
    expect(definitionAt(SAMPLE, at('gpu0 fail'))?.nameSpan.start).toBe(at('gpu0 private'));
    expect(definitionAt(SAMPLE, at('buf[3] expect'))?.kind).toBe('buffer');
    expect(definitionAt(SAMPLE, at('Device'))).toBeUndefined();
    const twice = 'process p {\nb = mmap 4KiB\nread b\nb = mmap 8KiB\nread b\n}';
    expect(definitionAt(twice, twice.indexOf('read b') + 5)?.detail).toBe('b = mmap 4KiB');
  });

  it('gives an outline', () => {
    const [device, , app] = symbolsOf(`${head}}`);
    expect(device).toMatchObject({ name: 'gpu0', kind: 'device', detail: 'device gpu0 private 64MiB' });
    expect(app?.children.map((child) => `${child.kind} ${child.name}`)).toEqual([
      'buffer buf',
      'child kid',
      'thread A',
    ]);
  });
});
