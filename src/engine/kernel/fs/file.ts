/** Files and open descriptors (fs/file_table.c, fs/file.c, mm/shmem.c, mm/truncate.c). */

import { Hold } from '../../machine/holds';
import type { EntryRow, FileRow, NodeRow, PageRow, ProcessRow, Vpn } from '../../machine/ids';
import { Pg } from '../../machine/pages';
import { LEVEL_PGD } from '../../machine/radix';
import type { Kernel } from '../../routine/kernel';
import { EntryT, FileT, IndexT, routine } from '../../routine/routine';
import { cached_page, cached_slot, filemap_remove_folio } from '../mm/memory/page_cache';
import { put_page } from '../mm/swap/page_ref';
import { free_swap_and_cache } from '../mm/swapfile/swap_state';

/** Keys of a page cache are page numbers of the file, below this. */
const CACHE_END = 2 ** 36;

/**
 * A file without users; whoever opens or maps it counts as one, and with the last one its pages go. `fill`: it has been
 * written before the run began, so that its pages are in the page cache, and page i holds fill + i in every byte.
 * Undefined: it is empty, pages read as zeroes. `shmem`: a file in memory, such as a memfd.
 */
export function alloc_file(k: Kernel, pages: number, shmem: boolean, fill: number | undefined): FileRow {
  const { files } = k;
  const file = files.files.alloc() as FileRow;
  files.pages.set(file, pages);
  files.shmem.set(file, shmem ? 1 : 0);
  files.cache.set(file, k.tables.newNode(LEVEL_PGD, 0 as EntryRow));
  if (fill === undefined) return file;
  files.filled.set(file, 1);
  files.fill.set(file, fill);
  return file;
}

/** The lowest file descriptor that no open device of the process has (get_unused_fd_flags). */
export function get_unused_fd(k: Kernel, process: ProcessRow): number {
  const { devices } = k;
  const used = new Set<number>();
  for (const mirror of devices.mirrors.rows())
    if (devices.mirrorProcess.get(mirror) === process) used.add(devices.mirrorFd.get(mirror));
  let fd = 3;
  while (used.has(fd)) fd++;
  return fd;
}

function remove_from_cache(k: Kernel, file: FileRow, entry: EntryRow): PageRow {
  const page = cached_page(k, entry);
  filemap_remove_folio(k, file, entry);
  k.pages.clearFlag(page, Pg.Dirty);
  return page;
}

/** A page that is in swap goes with its slot. */
function free_swapped(k: Kernel, f: { entry: EntryRow }): void {
  free_swap_and_cache(k, cached_slot(k, f.entry));
  k.tables.set(f.entry, 0, 0);
}

/** Drops one user of a file; the last one takes the pages of the page cache along. */
export const fput = routine({
  name: 'fput',
  file: 'fs/file_table.c',
  about: 'One user of the file less. With the last one the file goes: its pages leave the page cache.',
  params: { file: FileT },
  locals: { index: IndexT, entry: EntryT },
  body: (r) => [
    r.when('somebody else still uses the file', (k, f) => k.files.users.add(f.file, -1) > 0, [
      r.ret('return'),
    ]),
    r.step('begin with the first page of the page cache', (k, f) => next_cached(k, f)),
    r.loop('a page is left', (_, f) => f.index >= 0, [
      r.when(
        'it is in swap',
        (k, f) => cached_slot(k, f.entry) !== 0,
        [r.step('shmem_free_swap(mapping, index, folio)', free_swapped)],
        [
          r.call('take it out of the page cache; put_page(page)', put_page, (k, f, callee) => {
            callee.page = remove_from_cache(k, f.file, f.entry);
            callee.hold = Hold.PageCache;
            callee.who = f.file;
          }),
        ],
      ),
      r.step('addr += PAGE_SIZE', (k, f) => next_cached(k, f)),
    ]),
    r.step('the file is gone', (k, f) => {
      k.tables.destroy(k.files.cache.get(f.file) as NodeRow);
      k.files.files.free(f.file);
    }),
  ],
});

function next_cached(k: Kernel, f: { file: FileRow; index: number; entry: EntryRow }): void {
  const root = k.files.cache.get(f.file) as NodeRow;
  f.index = k.tables.next(root, f.index as Vpn, CACHE_END as Vpn);
  f.entry = f.index < 0 ? (0 as EntryRow) : k.tables.find(root, f.index as Vpn, 0);
}
