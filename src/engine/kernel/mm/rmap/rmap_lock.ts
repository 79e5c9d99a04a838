/**
 * The lock of a reverse-map walk: anon_vma->root->rwsem of an anonymous page, mapping->i_mmap_rwsem of a file's. A walk
 * holds it for reading from its first VMA to its last, while it tells mirrors and other tasks run: no VMA joins or leaves
 * meanwhile. Who changes what hangs on an anon_vma or a file needs it for writing. All such changes are single steps, so
 * that a walk never finds the lock taken and a writer only has to wait until nobody walks.
 *
 * A fault that gives a VMA its anon_vma (anon_vma_prepare) does not wait here: the pages that this VMA may map are none
 * that a walk in progress looks for.
 */

import type { FileRow, PageRow, TaskRow, VmaRow, Vpn } from '../../../machine/ids';
import { MAPPING_ANON, MAPPING_FILE } from '../../../machine/pages';
import { Wait } from '../../../machine/tasks';
import type { Kernel } from '../../../routine/kernel';
import { type Builder, Int, type Node, VmaT, VpnT } from '../../../routine/routine';
import { rmap_walk } from './rmap';

/** Twice the row of the root anon_vma, or twice the row of the file plus 1; 0 = none. */
export type RmapLock = number;

const anonLock = (k: Kernel, anon: number): RmapLock => (anon === 0 ? 0 : k.mm.root.get(anon) * 2);
export const fileLock = (file: FileRow): RmapLock => (file === 0 ? 0 : file * 2 + 1);

function pageLock(k: Kernel, page: PageRow): RmapLock {
  const mapping = k.pages.mapping.get(k.pages.folio(page));
  if (mapping & MAPPING_ANON) return anonLock(k, mapping >> 2);
  return mapping & MAPPING_FILE ? fileLock((mapping >> 2) as FileRow) : 0;
}

/** The locks under which VMAs enter and leave the trees they hang on. */
export function vmaLocks(k: Kernel, vmas: Iterable<VmaRow>): RmapLock[] {
  const locks: RmapLock[] = [];
  for (const vma of vmas)
    locks.push(anonLock(k, k.mm.anonVma.get(vma)), fileLock(k.mm.file.get(vma) as FileRow));
  return locks;
}

/** A task that walks under this lock; 0 if none does. */
function rmap_reader(k: Kernel, lock: RmapLock): TaskRow {
  for (const task of k.tasks.tasks.rows()) if (k.tasks.readsRmap.get(task) === lock) return task as TaskRow;
  return 0 as TaskRow;
}

/** `at`: mappings visited so far; `vma` and `vpn`: the one that is visited. */
export const rmapWalkLocals = { at: Int, vma: VmaT, vpn: VpnT } as const;
interface Walk {
  at: number;
  vma: VmaRow;
  vpn: Vpn;
}

/** Runs `visit` for each place where the page may be mapped while `more` holds, the reverse map being locked for reading. */
export function rmapWalk<F extends Walk>(
  r: Builder<F>,
  page: (f: F) => PageRow,
  more: (k: Kernel, f: F) => boolean,
  visit: Node<F>[],
): Node<F>[] {
  return [
    r.step('anon_vma_lock_read(), or i_mmap_lock_read()', (k, f) => {
      k.tasks.readsRmap.set(k.task, pageLock(k, page(f)));
    }),
    r.loop(
      'the walk is not done and the reverse map has another VMA',
      (k, f) => more(k, f) && f.at < rmap_walk(k, page(f)).length,
      [
        r.yield('Y6'),
        r.step('go on to the next VMA', (k, f) => {
          const place = rmap_walk(k, page(f))[f.at];
          f.at++;
          if (!place) return;
          f.vma = place.vma;
          f.vpn = place.vpn;
        }),
        ...visit,
      ],
    ),
    r.step('unlock the reverse map', (k) => {
      const lock = k.tasks.readsRmap.get(k.task);
      k.tasks.readsRmap.set(k.task, 0);
      k.tasks.wake(Wait.RmapWrite, lock);
    }),
  ];
}

/** Blocks until nobody walks under any of the locks that the next step needs for writing. */
export function rmapWriteLock<F>(r: Builder<F>, locks: (k: Kernel, f: F) => readonly RmapLock[]): Node<F> {
  const walked = (k: Kernel, f: F): RmapLock =>
    locks(k, f).find((lock) => lock !== 0 && rmap_reader(k, lock) !== 0) ?? 0;
  return r.wait(
    'anon_vma_lock_write(), i_mmap_lock_write()',
    Wait.RmapWrite,
    walked,
    (k, f) => walked(k, f) === 0,
  );
}
