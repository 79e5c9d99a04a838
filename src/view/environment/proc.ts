/** What /proc says of pages and VMAs, with its members. */

import { pagemap_entry, pagemap_word } from '../../engine/kernel/fs/proc/pagemap';
import { type Smaps, smaps_vma } from '../../engine/kernel/fs/proc/smaps';
import type { VmaRow } from '../../engine/machine/ids';
import type { Value } from '../../language/values';
import { mmOfPlace, placeVpn } from './place';
import { look, type Scene } from './scene';
import { thing } from './type-parts';

const pagemapOf = (at: Value, s: Scene) => pagemap_entry(s.world.kernel, mmOfPlace(at, s), placeVpn(at));

/** `0x41800001f9fffffe` */
const wordOf = (at: Value, s: Scene): string =>
  `0x${pagemap_word(pagemapOf(at, s)).toString(16).padStart(16, '0')}`;

/** Its handle is the page of the buffer. */
thing('pagemap', {
  members: {
    word: wordOf,
    present: (at, s) => pagemapOf(at, s).present,
    swap: (at, s) => pagemapOf(at, s).swap,
    file: (at, s) => pagemapOf(at, s).file,
    exclusive: (at, s) => pagemapOf(at, s).exclusive,
    soft_dirty: (at, s) => pagemapOf(at, s).softDirty,
    swap_type: (at, s) => {
      const { swapType } = pagemapOf(at, s);
      return swapType === -1 ? undefined : swapType;
    },
  },
  show: wordOf,
});

function smapsOf(vma: Value, s: Scene): Smaps {
  const { kernel: k } = s.world;
  const pages = k.mm.end.get(vma as VmaRow) - k.mm.start.get(vma as VmaRow);
  look(s, pages, () => `this VMA has ${pages.toLocaleString('en')} pages`);
  return smaps_vma(k, vma as VmaRow);
}

/** As the kernel prints it: in whole KiB. */
const whole = (bytes: number): number => Math.floor(bytes / 1024) * 1024;

/** Its handle is the VMA. */
thing('smaps', {
  members: {
    size: (vma, s) => smapsOf(vma, s).size,
    rss: (vma, s) => smapsOf(vma, s).rss,
    pss: (vma, s) => whole(smapsOf(vma, s).pss),
    shared_clean: (vma, s) => smapsOf(vma, s).sharedClean,
    shared_dirty: (vma, s) => smapsOf(vma, s).sharedDirty,
    private_clean: (vma, s) => smapsOf(vma, s).privateClean,
    private_dirty: (vma, s) => smapsOf(vma, s).privateDirty,
    referenced: (vma, s) => smapsOf(vma, s).referenced,
    anonymous: (vma, s) => smapsOf(vma, s).anonymous,
    swap: (vma, s) => smapsOf(vma, s).swap,
    swap_pss: (vma, s) => whole(smapsOf(vma, s).swapPss),
    locked: (vma, s) => whole(smapsOf(vma, s).locked),
  },
  show: (vma, s) => {
    const { rss, pss, swap } = smapsOf(vma, s);
    return `Rss ${rss / 1024} kB, Pss ${whole(pss) / 1024} kB, Swap ${swap / 1024} kB`;
  },
});
