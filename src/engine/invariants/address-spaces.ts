/** Address spaces: rss (I22) and the notifier's sequence (I26). */

import type { MmRow, ProcessRow } from '../machine/ids';
import { type CheckState, RSS_COUNTERS, Rss } from './state';

const NAMES = ['anonymous', 'file', 'shared-memory', 'swap'] as const;

export function checkAddressSpaces(s: CheckState): void {
  const { mm: marks } = s.marks;
  for (let i = 1; i <= marks.count; i++) {
    const mm = marks.at(i) as MmRow;
    s.entries.pgd.set(mm, s.kernel.mm.pgd.get(mm));
    s.entries.process.set(mm, s.kernel.mm.process.get(mm));
    if (!s.kernel.mm.mms.isLive(mm)) continue;
    s.at('mm', mm, marks.writer(i));
    checkRss(s, mm);
    checkSequence(s, mm);
  }
}

function checkRss(s: CheckState, mm: MmRow): void {
  const { mm: spaces } = s.kernel;
  const counters = [
    [Rss.Anon, spaces.rssAnon],
    [Rss.File, spaces.rssFile],
    [Rss.Shmem, spaces.rssShmem],
    [Rss.Swap, spaces.swapEntries],
  ] as const;
  for (const [counter, column] of counters) {
    const counted = s.entries.rss.get(mm * RSS_COUNTERS + counter);
    if (column.get(mm) === counted) continue;
    const involved = { mm, process: spaces.process.get(mm) as ProcessRow };
    s.broken(
      22,
      involved,
      `the ${NAMES[counter]} counter should be ${counted}, the entries; it is ${column.get(mm)}`,
    );
  }
}

function checkSequence(s: CheckState, mm: MmRow): void {
  const { activeInvalidations, notifierSeq } = s.kernel.mm;
  const active = activeInvalidations.get(mm);
  if (active < 0)
    s.broken(26, { mm }, `the number of active invalidations should not be negative; it is ${active}`);
  if (s.kernel.profile.intervalNotifiers && active <= 0 && (notifierSeq.get(mm) & 1) === 1)
    s.broken(
      26,
      { mm },
      `no invalidation is active, so the sequence should be even; it is ${notifierSeq.get(mm)}`,
    );
}
