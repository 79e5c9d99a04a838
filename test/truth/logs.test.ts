import { describe, expect, it } from 'vitest';
import type { PageRow } from '../../src/engine/machine/ids';
import { checkScenario } from '../../src/language';
import { compareLog, type LogRun } from './compare-log';
import { logEvents } from './log-events';
import { checkLog, isLog, type LogRecord } from './log-record';
import { logToScenario } from './log-to-scenario';
import { readRecords } from './read-records';
import type { RecordedEvent } from './record';
import { KEPT_RECORDS } from './records';

const logs = [...readRecords(KEPT_RECORDS)].flatMap((read): LogRecord[] => {
  if ('problem' in read || !isLog(read.value)) return [];
  const record = checkLog(read.value);
  return 'reason' in record ? [] : [record];
});

function log(test: string, kernel = '6.12.117'): LogRecord {
  const found = logs.find((record) => record.test === test && record.kernel === kernel);
  if (found === undefined) throw new Error(`no log ${test}`);
  return found;
}

/** A run that shows what the log tells, but for what `change` does to it. */
function replayed(
  record: LogRecord,
  change: (events: RecordedEvent[]) => RecordedEvent[] = (all) => all,
): LogRun {
  const names: string[] = [];
  const pageOf = (name: string): PageRow => {
    if (!names.includes(name)) names.push(name);
    return (names.indexOf(name) + 1) as PageRow;
  };
  const events = change(logEvents(record.log)).map(({ frame, ...event }, time) => ({
    ...event,
    time,
    ...(frame === undefined ? {} : { frame: pageOf(frame) }),
  }));
  return { events, stopped: undefined, time: events.length };
}

const all = logs.map(({ test, kernel }) => [test, kernel] as const);

describe('logs of self-tests and experiments', () => {
  it('are kept of both kinds', () => {
    expect(new Set(logs.map(({ source }) => source))).toEqual(new Set(['selftest', 'experiment']));
  });

  it.each(all)('become scenarios without errors: %s of %s', (test, kernel) => {
    expect(checkScenario(logToScenario(log(test, kernel)), test)).toEqual([]);
  });

  it.each(all)('agree with themselves: %s of %s', (test, kernel) => {
    expect(compareLog(log(test, kernel), replayed(log(test, kernel)))).toBeUndefined();
  });

  it('follow what a self-test did from its traps', () => {
    const lines = logToScenario(log('hmm.private.migrate_fault')).split('\n');
    expect(lines).toContain('    on P0 write 0x1000000000 = 1');
    expect(lines).toContain('    on P0 migrate 0x1000000000 for 16 pages to gpu0');
    expect(lines.filter((line) => line.includes('on P0 read'))).toHaveLength(8);
  });

  it('expect the signals that the log shows', () => {
    const lines = logToScenario(log('mprotect')).split('\n');
    expect(lines.filter((line) => line.includes('SIGSEGV'))).toEqual([
      '    on P0 write 0x1000000000 = 1 expect SIGSEGV',
      '    on P0 read 0x1000003000 for 1 page expect SIGSEGV',
    ]);
  });

  it.each([
    ['an event that is missing', 20, 'too many|missing|expected|\\.page'],
    ['the last event', -1, 'missing'],
  ])('differ by %s', (_, at, field) => {
    const record = log('hmm.private.migrate_fault');
    const change = (all: RecordedEvent[]) => all.filter((_event, i) => i !== (at < 0 ? all.length + at : at));
    expect(compareLog(record, replayed(record, change))?.found[0].field).toMatch(new RegExp(field));
  });

  it.each([
    ['handle_mm_fault', { flags: 1 }, 'handle_mm_fault.flags'],
    ['migrate_to_ram', { refcount: 9 }, 'migrate_to_ram.refcount'],
    ['migrate_vma_setup', { cpages: 3 }, 'migrate_vma_setup.cpages'],
    ['migrate_vma_finalize', { src: ['-'] }, 'migrate_vma_finalize.src'],
    ['invalidate', { owner: 'none' }, 'invalidate.owner'],
    ['page_free', { frame: 'D3' }, 'page_free.frame'],
    ['do_swap_page', { inside: '' }, 'do_swap_page.inside'],
  ])('differ by what an event tells: %s', (e, more, field) => {
    const record = log('hmm.private.migrate_fault');
    const change = (all: RecordedEvent[]) => {
      const at = all.findIndex((event) => event.e === e);
      return all.map((event, i) => (i === at ? { ...event, ...more } : event));
    };
    expect(compareLog(record, replayed(record, change))?.found[0].field).toBe(field);
  });

  it('do not differ by the order in which an eviction brings pages back', () => {
    const record = log('close_fd');
    const at = logEvents(record.log).findIndex(({ e }) => e === 'set_migration_pte');
    const swap = (all: RecordedEvent[]) =>
      all.map((event, i) => (i === at ? all[at + 1] : i === at + 1 ? all[at] : event) as RecordedEvent);
    expect(compareLog(record, replayed(record, swap))).toBeUndefined();
  });

  it('are unfolded', () => {
    const block = [
      { ev: 'page_free', p: 'P0', dpage: 'D0' },
      { ev: 'trap', p: 'P0', buf: 'A', page: 2 },
    ];
    const fold = { fold: 3, pageStep: 2, dpageFirst: 'D4', dpageStep: 1, block };
    const record = checkLog({ source: 'experiment', test: 'x', folded: true, log: [{ op: 'mark' }, fold] });
    expect('log' in record && record.log.map(({ dpage, page }) => dpage ?? page)).toEqual([
      undefined,
      'D4',
      2,
      'D5',
      4,
      'D6',
      6,
    ]);
  });

  it('name what can not be compared', () => {
    expect(checkLog({ source: 'selftest', test: 'x', buffers: {}, log: [] })).toMatchObject({
      reason: 'this run was not traced',
    });
    expect(checkLog({ source: 'selftest', test: 'x', buffers: {}, log: [{ p: 'P0' }] })).toMatchObject({
      reason: 'log entry 0 is neither an operation nor an event',
    });
  });
});
