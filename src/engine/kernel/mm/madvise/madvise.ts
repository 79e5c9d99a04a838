/** Advice about a range of memory (mm/madvise.c). */

import { Vm } from '../../../machine/address-spaces';
import type { VmaRow, Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import { AdviceT, Bool, ErrnoT, Int, MmT, routine, VmaT, VmFlagsT, VpnT } from '../../../routine/routine';
import { Errno } from '../../constants';
import { huge_start } from '../huge_memory/huge_memory';
import { cuts_hugetlb } from '../hugetlb/hugetlb_vma';
import { mmOf } from '../memory/vmf';
import { zap_page_range_single } from '../memory/zap';
import { mmap_read_unlock, mmap_write_unlock, mmapReadLock, mmapWriteLockKillable } from '../mmap/mmap_lock';
import { vmaModifyFlags } from '../mmap/vma_modify';
import { HUGE_PAGES } from '../page_alloc/page_alloc';
import { madvise_cold, madvise_free_single_vma, range } from './madvise_free';
import { madvise_pageout } from './madvise_pageout';
import { madvise_populate, madvise_populate_vma } from './madvise_populate';
import { madvise_willneed } from './madvise_willneed';

/** Kinds of advice, with their numbers in the kernel's interface. */
export const Advice = {
  NORMAL: 0,
  RANDOM: 1,
  SEQUENTIAL: 2,
  WILLNEED: 3,
  DONTNEED: 4,
  FREE: 8,
  DONTFORK: 10,
  DOFORK: 11,
  MERGEABLE: 12,
  UNMERGEABLE: 13,
  HUGEPAGE: 14,
  NOHUGEPAGE: 15,
  DONTDUMP: 16,
  DODUMP: 17,
  WIPEONFORK: 18,
  KEEPONFORK: 19,
  COLD: 20,
  PAGEOUT: 21,
  POPULATE_READ: 22,
  POPULATE_WRITE: 23,
  DONTNEED_LOCKED: 24,
} as const;

/** Advice that only changes flags of the VMA: which bits go, which come. */
const FLAG_ADVICE: ReadonlyMap<number, readonly [clear: number, set: number]> = new Map([
  [Advice.NORMAL, [Vm.RandRead | Vm.SeqRead, 0]],
  [Advice.RANDOM, [Vm.SeqRead, Vm.RandRead]],
  [Advice.SEQUENTIAL, [Vm.RandRead, Vm.SeqRead]],
  [Advice.DONTDUMP, [0, Vm.DontDump]],
  [Advice.DODUMP, [Vm.DontDump, 0]],
  [Advice.DONTFORK, [0, Vm.DontCopy]],
  [Advice.DOFORK, [Vm.DontCopy, 0]],
  [Advice.MERGEABLE, [0, Vm.Mergeable]],
  [Advice.UNMERGEABLE, [Vm.Mergeable, 0]],
  [Advice.HUGEPAGE, [Vm.NoHugePage, Vm.HugePage]],
  [Advice.NOHUGEPAGE, [Vm.HugePage, Vm.NoHugePage]],
  [Advice.WIPEONFORK, [0, Vm.WipeOnFork]],
  [Advice.KEEPONFORK, [Vm.WipeOnFork, 0]],
]);

/** KSM looks at private memory of a process only; elsewhere the advice is taken without effect (vma_ksm_compatible). */
const ksm_compatible = (k: Kernel, vma: VmaRow): boolean =>
  !k.mm.has(vma, Vm.Shared | Vm.MixedMap | Vm.HugeTlb);

interface Advised {
  readonly vma: VmaRow;
  readonly start: Vpn;
  readonly advice: number;
}

const NEWER: readonly number[] = [
  Advice.COLD,
  Advice.PAGEOUT,
  Advice.POPULATE_READ,
  Advice.POPULATE_WRITE,
  Advice.DONTNEED_LOCKED,
];
const KNOWN: readonly number[] = Object.values(Advice);

function is_known(k: Kernel, advice: number): boolean {
  return KNOWN.includes(advice) && (k.profile.newerAdvice || !NEWER.includes(advice));
}

const populates = (advice: number): boolean =>
  advice === Advice.POPULATE_READ || advice === Advice.POPULATE_WRITE;

const drops = (advice: number): boolean => advice === Advice.DONTNEED || advice === Advice.DONTNEED_LOCKED;

/** Huge pages of the pool are zapped from a boundary of theirs on only. */
const refuses_hugetlb = (k: Kernel, f: Advised): boolean =>
  !k.profile.dontneedZapsHugetlb || f.start % HUGE_PAGES !== 0;

/** The VMA refuses advice that takes pages away, or flags it can't have. */
function refuses(k: Kernel, f: Advised): boolean {
  const { vma } = f;
  const has = (bits: number): boolean => k.mm.has(vma, bits);
  switch (f.advice) {
    case Advice.DONTNEED:
      return has(Vm.HugeTlb) ? refuses_hugetlb(k, f) : has(Vm.Locked);
    case Advice.DONTNEED_LOCKED:
      return has(Vm.HugeTlb) && refuses_hugetlb(k, f);
    case Advice.FREE:
    case Advice.COLD:
    case Advice.PAGEOUT:
      return has(Vm.Locked | Vm.HugeTlb);
    case Advice.DODUMP:
      return has(Vm.MixedMap) || (has(Vm.HugeTlb) && !k.profile.hugetlbMayBeDumped);
    case Advice.WIPEONFORK:
      return !k.mm.isAnonymous(vma) || has(Vm.Shared);
    default:
      return false;
  }
}

/** Advice for the part of a range that lies in one VMA. Returns 0, -EINVAL, or the row of the VMA that has the flags now. */
const madvise_vma_behavior = routine({
  name: 'madvise_vma_behavior',
  file: 'mm/madvise.c',
  about: 'Take the advice for one VMA: zap, free lazily, make cold, or change flags.',
  params: { ...range, advice: AdviceT },
  locals: { ret: ErrnoT, flags: VmFlagsT },
  body: (r) => [
    r.when('the VMA does not take this advice', refuses, [r.ret('return -EINVAL', () => -Errno.EINVAL)]),
    r.when('(behavior == MADV_DONTNEED || behavior == MADV_DONTNEED_LOCKED)', (_, f) => drops(f.advice), [
      r.when('(is_vm_hugetlb_page(vma)): whole huge pages only', (k, f) => k.mm.has(f.vma, Vm.HugeTlb), [
        r.step('end = ALIGN_DOWN(end, huge_page_size(h))', (_, f) => {
          f.end = huge_start(f.end);
        }),
        r.when('(start == end)', (_, f) => f.start === f.end, [r.ret('return 0')]),
      ]),
      r.call('zap_page_range_single(vma, start, end - start)', zap_page_range_single, (_, f, callee) => {
        callee.vma = f.vma;
        callee.start = f.start;
        callee.end = f.end;
      }),
      r.ret('return 0'),
    ]),
    r.when('(behavior == MADV_WILLNEED)', (_, f) => f.advice === Advice.WILLNEED, [
      r.call('madvise_willneed(vma, start, end)', madvise_willneed, (_, f, callee) => {
        callee.vma = f.vma;
        callee.start = f.start;
        callee.end = f.end;
      }),
      r.ret('return 0'),
    ]),
    r.when('(behavior == MADV_FREE)', (_, f) => f.advice === Advice.FREE, [
      r.call(
        'ret = madvise_free_single_vma(vma, start, end)',
        madvise_free_single_vma,
        (_, f, callee) => {
          callee.vma = f.vma;
          callee.start = f.start;
          callee.end = f.end;
        },
        (_, f, value) => {
          f.ret = value;
        },
      ),
      r.ret('return ret', (_, f) => f.ret),
    ]),
    r.when('(behavior == MADV_COLD)', (_, f) => f.advice === Advice.COLD, [
      r.call('madvise_cold(vma, start, end)', madvise_cold, (_, f, callee) => {
        callee.vma = f.vma;
        callee.start = f.start;
        callee.end = f.end;
      }),
      r.ret('return 0'),
    ]),
    r.when('(behavior == MADV_PAGEOUT)', (_, f) => f.advice === Advice.PAGEOUT, [
      r.call('madvise_pageout(vma, start, end)', madvise_pageout, (_, f, callee) => {
        callee.vma = f.vma;
        callee.start = f.start;
        callee.end = f.end;
      }),
      r.ret('return 0'),
    ]),
    r.only(
      (profile) => profile.populatesByVma,
      [
        r.when(
          '(behavior == MADV_POPULATE_READ || behavior == MADV_POPULATE_WRITE)',
          (_, f) => populates(f.advice),
          [
            r.call(
              'ret = madvise_populate(vma, prev, start, end, behavior)',
              madvise_populate_vma,
              (_, f, callee) => {
                callee.vma = f.vma;
                callee.start = f.start;
                callee.end = f.end;
                callee.write = f.advice === Advice.POPULATE_WRITE ? 1 : 0;
              },
              (_, f, value) => {
                f.ret = value;
              },
            ),
            r.ret('return ret', (_, f) => f.ret),
          ],
        ),
      ],
    ),
    r.when('the advice changes flags of the VMA', (_, f) => FLAG_ADVICE.has(f.advice), [
      r.step('new_flags = vma->vm_flags, changed by the advice', (k, f) => {
        const [clear, set] = FLAG_ADVICE.get(f.advice) ?? [0, 0];
        const flags = k.mm.flags.get(f.vma);
        f.flags = f.advice === Advice.MERGEABLE && !ksm_compatible(k, f.vma) ? flags : (flags & ~clear) | set;
      }),
      r.when('(new_flags != vma->vm_flags)', (k, f) => f.flags !== k.mm.flags.get(f.vma), [
        r.when(
          'that would cut a huge page of the pool',
          (k, f) => cuts_hugetlb(k, mmOf(k, f), f.start, f.end),
          [r.ret('return -EINVAL', () => -Errno.EINVAL)],
        ),
        ...vmaModifyFlags(
          r,
          'madvise_update_vma(vma, prev, start, end, new_flags)',
          r.ret('return -EAGAIN, for memory is only short for now', () => -Errno.EAGAIN),
        ),
      ]),
    ]),
    r.ret('return 0'),
  ],
});

const madvise_walk_vmas = routine({
  name: 'madvise_walk_vmas',
  file: 'mm/madvise.c',
  about: 'Take the advice VMA by VMA. Holes are passed over and make the call fail with -ENOMEM at the end.',
  params: { start: VpnT, end: VpnT, advice: AdviceT },
  locals: { mm: MmT, vma: VmaT, next: VpnT, holes: Bool, ret: ErrnoT },
  body: (r) => [
    r.step('mm = current->mm', (k, f) => {
      f.mm = k.tasks.mmOf(k.task);
    }),
    r.loop('(start < end && !error)', (_, f) => f.start < f.end && f.ret === 0, [
      r.step('vma = find_vma(mm, start)', (k, f) => {
        f.vma = k.mm.findVma(f.mm, f.start);
      }),
      r.when('(!vma)', (_, f) => f.vma === 0, [r.ret('return -ENOMEM', () => -Errno.ENOMEM)]),
      r.step('pass over the hole before it; tmp = min(vma->vm_end, end)', (k, f) => {
        const first = k.mm.start.get(f.vma);
        if (f.start < first) {
          f.holes = 1;
          f.start = first as Vpn;
        }
        f.next = Math.min(f.end, k.mm.end.get(f.vma)) as Vpn;
      }),
      r.when('(start < end)', (_, f) => f.start < f.end, [
        r.call(
          'ret = madvise_vma_behavior(vma, start, tmp, behavior)',
          madvise_vma_behavior,
          (_, f, callee) => {
            callee.vma = f.vma;
            callee.start = f.start;
            callee.end = f.next;
            callee.advice = f.advice;
          },
          (_, f, value) => {
            f.ret = value;
            f.start = f.next;
          },
        ),
      ]),
    ]),
    r.when('(error)', (_, f) => f.ret !== 0, [r.ret('return it', (_, f) => f.ret)]),
    r.ret('return 0, or -ENOMEM for a hole', (_, f) => (f.holes !== 0 ? -Errno.ENOMEM : 0)),
  ],
});

/** madvise(2). Returns 0; -EINVAL for advice this kernel or VMA doesn't take; -ENOMEM for holes; -EAGAIN
 * without memory for a VMA; -EFAULT from populating. */
export const sys_madvise = routine({
  name: 'sys_madvise',
  file: 'mm/madvise.c',
  about: 'Advice about a range: what is needed, what is not, what shall be there now.',
  aliases: ['do_madvise'],
  params: { start: VpnT, pages: Int, advice: AdviceT },
  locals: { mm: MmT, ret: ErrnoT },
  body: (r) => [
    r.when('(!madvise_behavior_valid(behavior))', (k, f) => !is_known(k, f.advice) || f.pages < 0, [
      r.ret('return -EINVAL', () => -Errno.EINVAL),
    ]),
    r.when('(end == start)', (_, f) => f.pages === 0, [r.ret('return 0')]),
    r.step('mm = current->mm', (k, f) => {
      f.mm = k.tasks.mmOf(k.task);
    }),
    r.when(
      '(madvise_need_mmap_write(behavior))',
      (_, f) => FLAG_ADVICE.has(f.advice),
      mmapWriteLockKillable(r, (_, f) => f.mm),
      mmapReadLock(r, (_, f) => f.mm),
    ),
    r.when(
      '(behavior == MADV_POPULATE_READ || behavior == MADV_POPULATE_WRITE)',
      (k, f) => populates(f.advice) && !k.profile.populatesByVma,
      [
        r.call(
          'ret = madvise_populate(mm, start, end, behavior)',
          madvise_populate,
          (_, f, callee) => {
            callee.start = f.start;
            callee.end = (f.start + f.pages) as Vpn;
            callee.write = f.advice === Advice.POPULATE_WRITE ? 1 : 0;
          },
          (_, f, value) => {
            f.ret = value;
          },
        ),
      ],
      [
        r.call(
          'ret = madvise_walk_vmas(mm, start, end, behavior)',
          madvise_walk_vmas,
          (_, f, callee) => {
            callee.start = f.start;
            callee.end = (f.start + f.pages) as Vpn;
            callee.advice = f.advice;
          },
          (_, f, value) => {
            f.ret = value;
          },
        ),
      ],
    ),
    r.step('unlock', (k, f) => {
      if (FLAG_ADVICE.has(f.advice)) mmap_write_unlock(k, f.mm);
      else mmap_read_unlock(k, f.mm);
    }),
    r.ret('return ret', (_, f) => f.ret),
  ],
});
