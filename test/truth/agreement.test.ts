import { describe, expect, it } from 'vitest';
import { compareRecords } from './compare-records';
import { operationName } from './record';
import { allPrograms, KEPT_RECORDS } from './records';
import { verdictLine } from './report';

const verdicts = [...compareRecords(KEPT_RECORDS, 'events')];

/** Operations of the programs that a first whole debug session needs. */
const FIRST = new Set([
  'mmap',
  'read',
  'write',
  'munmap',
  'mprotect',
  'dev migrate',
  'dev tosys',
  'dev read',
  'dev write',
  'dev snapshot',
  'failnext',
  'exit',
]);

describe('the engine and Linux', () => {
  it('agree in every kept program whose operations the engine has', () => {
    expect(verdicts.filter(({ kind }) => kind === 'differ').map(verdictLine)).toEqual([]);
  });

  it('agree in every kept program of 4.14: as compiled, and with the entry read first', () => {
    const found = verdicts.filter(({ file }) => file.startsWith('4.14'));
    expect(found.filter(({ kind }) => kind !== 'agree').map(verdictLine)).toEqual([]);
    expect(found).toHaveLength(154);
  });

  it('agree in every kept record of 6.1', () => {
    const found = verdicts.filter(({ file }) => file.startsWith('6.1/'));
    expect(found.filter(({ kind }) => kind !== 'agree').map(verdictLine)).toEqual([]);
    expect(found).toHaveLength(89);
  });

  it('agree in every kept record of 7.2', () => {
    const found = verdicts.filter(({ file }) => file.startsWith('7.2/'));
    expect(found.filter(({ kind }) => kind !== 'agree').map(verdictLine)).toEqual([]);
    expect(found).toHaveLength(90);
  });

  it('agree in all programs of anonymous memory and migration', () => {
    const ids = allPrograms(KEPT_RECORDS)
      .filter(({ kernel }) => kernel === '6.12')
      .filter(({ ops }) => ops.every((op) => FIRST.has(operationName(op))))
      .filter(({ ops }) => ops.every((op) => op.op !== 'mmap' || op.args[4] === 'anon'))
      .map(({ id }) => id);
    expect(ids).toHaveLength(134);
    const agree = new Set(verdicts.flatMap(({ kind, id }) => (kind === 'agree' ? [id] : [])));
    expect(ids.filter((id) => !agree.has(id))).toEqual([]);
  });
});
