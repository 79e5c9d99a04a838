/** The page lock as a fault takes it (mm/filemap.c, include/linux/pagemap.h): not while it keeps others from the address space. */

import type { PageRow, VmaRow } from '../../machine/ids';
import { Pg } from '../../machine/pages';
import { Wait } from '../../machine/tasks';
import type { Kernel } from '../../routine/kernel';
import { type Builder, FaultFlagsT, type Node, PageT, routine, VmaT } from '../../routine/routine';
import { FaultFlag, VmFault } from '../constants';
import { allow_retry_first, release_fault_lock } from './memory/vmf';
import { lockPage, trylock_page } from './mmap/mmap_lock';

/** A fault that has a reference on a page that it is to lock. */
interface FaultOfPage {
  readonly vma: VmaRow;
  readonly flags: number;
  readonly page: PageRow;
  ret: number;
}

const folioOf = (k: Kernel, f: { page: PageRow }): PageRow => k.pages.folio(f.page);

const owns = (k: Kernel, f: { page: PageRow }): boolean => k.pages.lockOwner.get(folioOf(k, f)) === k.task;

const is_unlocked = (k: Kernel, f: { page: PageRow }): boolean => !k.pages.has(folioOf(k, f), Pg.Locked);

const killable = (_: Kernel, f: { flags: number }): boolean => (f.flags & FaultFlag.Killable) !== 0;

/**
 * Returns 0 with the page locked, or VM_FAULT_RETRY without the lock of the page and without that of the fault: the page
 * was locked by somebody else, or the task has been killed.
 */
const __folio_lock_or_retry = routine({
  name: '__folio_lock_or_retry',
  file: 'mm/filemap.c',
  about:
    'Somebody else has the page locked. On the first try the fault lets go of its own lock before it sleeps; only the next one sleeps with it.',
  aliases: ['__lock_page_or_retry'],
  params: { vma: VmaT, flags: FaultFlagsT, page: PageT },
  body: (r) => [
    r.when('(fault_flag_allow_retry_first(flags))', (_, f) => allow_retry_first(f), [
      r.step('release_fault_lock(vmf)', release_fault_lock),
      r.when(
        '(flags & FAULT_FLAG_KILLABLE)',
        killable,
        [r.killable('folio_wait_locked_killable(folio)', Wait.PageUnlocked, folioOf, is_unlocked)],
        [r.wait('folio_wait_locked(folio)', Wait.PageUnlocked, folioOf, is_unlocked)],
      ),
      r.ret('return VM_FAULT_RETRY', () => VmFault.RETRY),
    ]),
    r.when(
      '(flags & FAULT_FLAG_KILLABLE)',
      killable,
      [
        r.killable('ret = __folio_lock_killable(folio)', Wait.PageLock, folioOf, (k, f) =>
          trylock_page(k, f.page),
        ),
        r.when('(ret): the task has been killed instead', (k, f) => !owns(k, f), [
          r.step('release_fault_lock(vmf)', release_fault_lock),
          r.ret('return VM_FAULT_RETRY', () => VmFault.RETRY),
        ]),
      ],
      [lockPage(r, (_, f) => f.page)],
    ),
    r.ret('return 0'),
  ],
});

/** folio_lock_or_retry: afterwards the page is locked, or `ret` has VM_FAULT_RETRY and the fault has let go of its lock. */
export function folioLockOrRetry<F extends FaultOfPage>(r: Builder<F>): Node<F>[] {
  return [
    r.yield('Y11'),
    r.when('(!folio_trylock(folio))', (k, f) => !trylock_page(k, f.page), [
      r.call(
        'ret |= __folio_lock_or_retry(folio, vmf)',
        __folio_lock_or_retry,
        (_, f, callee) => {
          callee.vma = f.vma;
          callee.flags = f.flags;
          callee.page = f.page;
        },
        (_, f, value) => {
          f.ret |= value;
        },
      ),
    ]),
  ];
}
