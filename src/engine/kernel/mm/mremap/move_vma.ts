/** Moves a mapping, or a part of it, to where nothing is mapped (move_vma, mm/mremap.c). */

import { Vm } from '../../../machine/address-spaces';
import type { VmaRow, Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import { Bool, type Builder, ErrnoT, Int, type Node, routine, VmaT, VpnT } from '../../../routine/routine';
import { Errno } from '../../constants';
import { Alloc, should_fail_alloc } from '../fail_alloc';
import { mmOf } from '../memory/vmf';
import { do_munmap } from '../mmap/munmap';
import { overlapping_vmas, vmas_merge_changes } from '../mmap/vma';
import { vmaStartWrite } from '../mmap/vma_lock';
import { rmapWriteLock, vmaLocks } from '../rmap/rmap_lock';
import { copy_vma, moved_vma } from './copy_vma';
import { move_page_tables } from './move_page_tables';

/** copy_vma() needs a VMA of its own and doesn't get one. */
const no_new_vma = (k: Kernel, f: Omit<Moving, 'ret'>): boolean =>
  vmas_merge_changes(k, mmOf(k, f), moved_vma(k, f)).length === 0 && should_fail_alloc(k, Alloc.Vma);

/** Moves [start, start + pages) of a VMA to `to`, where `newPages` are free. Returns `to` or -ENOMEM. */
const move_vma = routine({
  name: 'move_vma',
  file: 'mm/mremap.c',
  about: 'A VMA at the new address, the entries moved to it, the old range unmapped.',
  params: { vma: VmaT, start: VpnT, pages: Int, newPages: Int, to: VpnT },
  locals: { moved: Int, locked: Bool, first: VpnT, ret: ErrnoT },
  body: (r) => [
    r.when(
      '(!new_vma): no neighbour grows over the new range, and there is no memory for a VMA',
      no_new_vma,
      [r.ret('return -ENOMEM', () => -Errno.ENOMEM)],
    ),
    vmaStartWrite(r, (k, f) => [f.vma, ...vmas_merge_changes(k, mmOf(k, f), moved_vma(k, f))]),
    rmapWriteLock(r, (k, f) => vmaLocks(k, [f.vma, ...vmas_merge_changes(k, mmOf(k, f), moved_vma(k, f))])),
    r.step('new_vma = copy_vma(vma, new_addr, new_len, new_pgoff)', (k, f) => {
      f.locked = copy_vma(k, f) ? 1 : 0;
      f.vma = k.mm.vmaAt(k.tasks.mmOf(k.task), f.start);
    }),
    r.call(
      'moved = move_page_tables(vma, old_addr, new_vma, new_addr, old_len)',
      move_page_tables,
      (_, f, callee) => {
        callee.vma = f.vma;
        callee.start = f.start;
        callee.pages = f.pages;
        callee.to = f.to;
        callee.locked = f.locked;
      },
      (_, f, value) => {
        f.moved = value;
      },
    ),
    r.when('(moved_len < old_len): move it back and unmap the new range', (_, f) => f.moved < f.pages, [
      r.call(
        'move_page_tables(new_vma, new_addr, vma, old_addr, moved)',
        move_page_tables,
        (k, f, callee) => {
          callee.vma = k.mm.vmaAt(k.tasks.mmOf(k.task), f.to);
          callee.start = f.to;
          callee.pages = f.moved;
          callee.to = f.start;
          callee.locked = 1;
        },
      ),
      r.call('do_munmap(new range)', do_munmap, (_, f, callee) => {
        callee.start = f.to;
        callee.end = (f.to + f.newPages) as Vpn;
      }),
      r.ret('return -ENOMEM', () => -Errno.ENOMEM),
    ]),
    r.call(
      'err = do_munmap(old range)',
      do_munmap,
      (k, f, callee) => {
        f.first = k.mm.start.get(f.vma) as Vpn;
        callee.start = f.start;
        callee.end = (f.start + f.pages) as Vpn;
      },
      (_, f, value) => {
        f.ret = value;
      },
    ),
    r.when('(err): there is no memory to cut the VMA, it stays there and is empty', (_, f) => f.ret !== 0, [
      r.step('it has no VM_ACCOUNT any more; get the accounts right', (k, f) => {
        for (const vma of overlapping_vmas(k, k.tasks.mmOf(k.task), f.first, (f.start + 1) as Vpn))
          k.mm.flags.set(vma, k.mm.flags.get(vma) & ~Vm.Account);
      }),
    ]),
    r.ret('return the new address', (_, f) => f.to),
  ],
});

interface Moving {
  vma: VmaRow;
  start: Vpn;
  pages: number;
  newPages: number;
  to: Vpn;
  ret: number;
}

const keep = (_: Kernel, f: { ret: number }, value: number): void => {
  f.ret = value;
};

/** Makes room for a move: what is at the new address goes, and what the old range loses. Leaves `pages` as many as move. */
export const makeRoom = <F extends Moving>(r: Builder<F>): Node<F>[] => [
  r.call(
    'ret = do_munmap(mm, new_addr, new_len)',
    do_munmap,
    (_, f, callee) => {
      callee.start = f.to;
      callee.end = (f.to + f.newPages) as Vpn;
    },
    keep,
  ),
  r.when('(!ret && new_len < old_len)', (_, f) => f.ret === 0 && f.newPages < f.pages, [
    unmapLost(r),
    r.step('old_len = new_len', (_, f) => {
      f.pages = f.newPages;
    }),
  ]),
];

/** Unmaps what a range loses that becomes smaller. */
export const unmapLost = <F extends Pick<Moving, 'start' | 'pages' | 'newPages' | 'ret'>>(
  r: Builder<F>,
): Node<F> =>
  r.call(
    'ret = do_munmap(mm, addr + new_len, old_len - new_len)',
    do_munmap,
    (_, f, callee) => {
      callee.start = (f.start + f.newPages) as Vpn;
      callee.end = (f.start + f.pages) as Vpn;
    },
    keep,
  );

/** Moves it; `ret` is the new address or the error. The arguments are as this kernel has them. */
export const moveVma = <F extends Moving>(r: Builder<F>, args: string): Node<F> =>
  r.call(
    `ret = move_vma(${args})`,
    move_vma,
    (_, f, callee) => {
      callee.vma = f.vma;
      callee.start = f.start;
      callee.pages = f.pages;
      callee.newPages = f.newPages;
      callee.to = f.to;
    },
    keep,
  );
