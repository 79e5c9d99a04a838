/** A device gives its memory back: from then on no page of it is handed out, and none comes on the free list. */

import { describe, expect, it } from 'vitest';
import { memory } from '../../src/engine/drivers/dmirror/tables';
import { type Checked, runChecked } from '../properties/machine';

const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);

const scenario = (seed: number, body: string): string => `
  profile 6.12
  machine { cpus 4 }
  device gpu0 private 1MiB
  schedule seed ${seed}
  process p {
    a = mmap 32KiB anon rw
    write a = 1
    ${body}
  }`;

const sound = (text: string): Checked => {
  const checked = runChecked(text);
  expect({ broken: checked.broken, stop: checked.stop, failure: checked.run.report.failure }).toEqual({
    broken: [],
    stop: 'end',
    failure: undefined,
  });
  return checked;
};

describe('a device that gives its memory back', () => {
  it('has pages on its free list, and others come home: all are accounted for', () => {
    const { kernel: k } = sound(
      scenario(
        1,
        'migrate a to gpu0; read a[0]; gpu0 release; read a expect 1; expect gpu0.total == 0; expect gpu0.free == 0',
      ),
    ).run;
    expect(memory.of(k).calloc.get(1)).toBe(memory.of(k).cfree.get(1));
  });

  it('hands out no page while it waits for one that is still held', () => {
    const handedOut = new Set<number>();
    for (const seed of SEEDS) {
      let whileRemoved = 0;
      const body = `
        migrate a[0..4] to gpu0
        get_page a[1]
        thread B cpu 2 { migrate a[4..8] to gpu0 }
        thread C cpu 1 { read a[7]; gpu0 release }
        join B
        put_page a[1]
        read a expect 1
        join C`;
      const { broken, stop, run } = runChecked(scenario(seed, body), ({ kernel }) => {
        kernel.events.observer = (_, name, leave) => {
          if (name === 'zone_device_page_init' && !leave && memory.of(kernel).removing.get(1) !== 0)
            whileRemoved++;
        };
      });
      expect({ seed, broken, stop, whileRemoved }).toEqual({
        seed,
        broken: [],
        stop: 'end',
        whileRemoved: 0,
      });
      handedOut.add(memory.of(run.kernel).calloc.get(1));
      expect(memory.of(run.kernel).freeHead.get(1)).toBe(0);
    }
    // Those of the first migration, and those of the second where it came before.
    expect([...handedOut]).toEqual(expect.arrayContaining([4, 8]));
  });

  it('has none to give back a second time', () => {
    sound(scenario(1, 'migrate a to gpu0; gpu0 release; gpu0 release; migrate a[0] to gpu0 expect ENOENT'));
  });

  it.each(SEEDS)('gives it back once when two threads ask for it (seed %i)', (seed) => {
    const body =
      'thread B cpu 1 { gpu0 release } thread C cpu 2 { gpu0 release } join B; join C; read a expect 1';
    sound(scenario(seed, `migrate a to gpu0\n${body.replaceAll('} ', '}\n')}`));
  });
});

describe('under 4.14', () => {
  const held = (body: string): string => scenario(1, body).replace('profile 6.12', 'profile 4.14');

  it.each([
    ['reads them afterwards', 'gpu0 release; read a expect 1; expect gpu0.used == 0'],
    [
      'has brought some home itself',
      'read a[2..4]; gpu0 release; expect a.page.zone != Device; read a expect 1',
    ],
    ['has unmapped one', 'munmap a[5]; gpu0 release; read a[0..5] expect 1'],
  ])('brings home what a process has there, if it %s', (_, body) => {
    sound(held(`migrate a to gpu0; ${body}`));
  });
});
