/** When the pages and tables of a gather are freed, and what else that lets go of. */

import { describe, expect, it } from 'vitest';
import { holds } from './holds';

const DEVICES = 'device gpu0 private 1MiB driver dmirror\ndevice gpu1 coherent 1MiB driver dmirror';

/** Three pages, the second locked and on the device: its last reference will be in a batch of mlock. */
const locked = `
  buf = mmap 12KiB anon rw
  write buf[0..3] = 1
  mlock buf[1..2]
  migrate buf[0..3] to gpu0
  expect gpu0.used == 3`;

const process = (body: string): string => `${DEVICES}\nprocess app {\n${body}\n}`;

/** The events of a run that say that a driver got a page back, and that a closed device is being emptied; oldest first. */
function freeing(text: string): { readonly name: string; readonly args: readonly number[] }[] {
  const { run } = holds('6.12', text);
  const names = ['page_free', 'migrate_device_range'];
  return [...run.kernel.events.between(0, run.kernel.time + 1)].filter(
    ({ name, leave }) => names.includes(name) && !leave,
  );
}

/** Devices in the order in which they got their pages back. */
const freedOn = (text: string): (number | undefined)[] =>
  freeing(text)
    .filter(({ name }) => name === 'page_free')
    .map(({ args: [, device] }) => device);

describe('a device page of a locked mapping', () => {
  it('waits in the batch of mlock for the next drain while the page table stays', () => {
    holds(
      '6.12',
      process(`${locked}
        munmap buf[1..2]
        expect gpu0.used == 3
        drain lru
        expect gpu0.used == 2`),
    );
  });

  it('goes back at once where the page table goes too, as that is freed with the pages', () => {
    holds('6.12', process(`${locked}\nmunmap buf\nexpect gpu0.used == 0`));
  });

  it('goes back when its process ends, before the devices are closed', () => {
    const names = freeing(process(locked)).map(({ name }) => name);
    expect(names.slice(0, 4)).toEqual(['page_free', 'page_free', 'page_free', 'migrate_device_range']);
  });

  it('stays locked where the call failed', () => {
    holds(
      '6.12',
      process(`
        buf = mmap 8KiB anon rw
        write buf[0..2] = 1
        mlock buf[0..4] expect ENOMEM
        madvise buf[0..1] dontneed expect EINVAL`),
    );
  });
});

describe('a dirty page of shared memory', () => {
  const around = (middle: string): string =>
    process(`
      buf = mmap 12KiB anon rw
      mid = mmap 4KiB at buf + 4KiB ${middle}
      write buf[0..3] = 1
      migrate buf[0..1] to gpu1
      migrate buf[2..3] to gpu0
      munmap buf`);

  it('has what was gathered before it freed before what comes behind it is unmapped', () => {
    expect(freedOn(around('shmem rw'))).toEqual([2, 1]);
  });

  it('is flushed alone of all: else present pages are freed last', () => {
    expect(freedOn(around('anon rw'))).toEqual([1, 2]);
  });
});
