import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/time/engine';
import { buildRun } from '../../src/program';
import { programOf, runText } from '../scenario/run-scenario';

/** 64 MiB: as many pointers as 32 GiB of pages have fit in. */
const SMALL = 'machine { node 0 { normal 64MiB } }';

describe('the array of pages that the tester of get_user_pages allocates', () => {
  it.each([
    ['gup buf r', '1TiB'],
    ['gup buf r fast', '1TiB'],
    ['pin buf r', '1TiB'],
    ['gup buf r', '33GiB'],
  ])('of `%s` over %s does not fit into memory', (statement, size) => {
    const { failures, run } = runText(
      `${SMALL}\nprocess app {\nbuf = mmap ${size} r\n${statement} expect ENOMEM\n}`,
    );
    expect(failures).toEqual([]);
    expect(run.kernel.slots.table.length).toBeLessThan(100);
  });

  it('has only elements that were come to', () => {
    const run = buildRun(programOf(`${SMALL}\nprocess app {\nbuf = mmap 16GiB r\npin buf r as p\n}`));
    const engine = new Engine(run.interpreter);
    engine.advance(5000);
    expect(engine.time).toBe(5000);
    expect(run.kernel.slots.table.length).toBeLessThan(5000);
  });

  it('is given back piece by piece', () => {
    const { failures, stop, run } = runText(
      `process app {\nbuf = mmap 8MiB r\npin buf r as p\nunpin p\ngup buf r\ngup buf[0..2000] r fast\n}`,
    );
    expect({ failures, stop }).toEqual({ failures: [], stop: 'end' });
    expect([...run.kernel.slots.table.rows()]).toEqual([]);
  });
});
