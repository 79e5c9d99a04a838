/** A fault that finds its page locked by somebody else: it must not keep others from the address space while it sleeps. */

import { describe, expect, it } from 'vitest';
import type { TaskRow } from '../../src/engine/machine/ids';
import { Wait } from '../../src/engine/machine/tasks';
import type { Kernel } from '../../src/engine/routine/kernel';
import { runChecked } from '../properties/machine';
import { blockedOn, count } from './under-seeds';

/** R and S take the page's lock again and again, F wants the page, and W the address space. */
const fought = (profile: string, setup: string, R: string, F: string): string => `
  profile ${profile}
  machine { cpus 4 swap 1MiB }
  device gpu0 private 1MiB
  schedule seed SEED
  process p {
    a = mmap 4KiB anon rw
    write a = 1
    drain lru
    ${setup}
    thread R cpu 0 { barrier x; repeat 4 { ${R} } }
    thread S cpu 1 { barrier x; repeat 4 { ${R} } }
    thread F cpu 2 { barrier x; repeat 4 { ${F} } }
    thread W cpu 3 { barrier x; repeat 4 { mprotect a r; mprotect a rw } }
    barrier x
    join R
    join S
    join F
    join W
  }`;

const SWAPPED = ['', 'reclaim a[0]'] as const;
const EXCLUSIVE = ['gpu0 exclusive a[0]', 'gpu0 exclusive a[0]'] as const;
const READ = 'read a[0] expect 1; drain lru';
/** pin_user_pages_fast lets a fault give mmap_lock up (FOLL_UNLOCKABLE); pin_user_pages, whose caller has taken it, does not. */
const PIN = 'pin a[0] r fast as P; unpin P; drain lru';

/** The page is locked for a few steps only: it takes many to be met by the fault just then. */
const SEEDS = 240;

/** So many runs, looked at after every step, are given time on a busy machine: ms after which they count as hung. */
const PATIENCE = { timeout: 240_000 };

const holdsFaultLock = (k: Kernel, task: TaskRow): boolean =>
  k.tasks.readsVma.get(task) !== 0 || k.tasks.readsMm.get(task) !== 0;

/** How often F sleeps without a lock until the page is unlocked, and how often W has the address space meanwhile. */
function sleeps(text: string): { alone: number; passedBy: number } {
  let passedBy = 0;
  const alone = count(
    text,
    (k, named) => {
      const [F, W] = [named('F'), named('W')];
      if (F === 0) return false;
      // Under the lock of the VMA it is always the first try.
      if (blockedOn(k, F, Wait.PageLock)) expect(k.tasks.readsVma.get(F)).toBe(0);
      if (!blockedOn(k, F, Wait.PageUnlocked)) return false;
      expect(holdsFaultLock(k, F)).toBe(false);
      if (W !== 0 && k.mm.lockWriter.get(1) === W && !blockedOn(k, W, Wait.VmaWrite)) passedBy++;
      return true;
    },
    SEEDS,
  );
  return { alone, passedBy };
}

describe('a fault on a page that somebody else has locked', PATIENCE, () => {
  it.each([
    ['in the swap cache', '6.12', SWAPPED, READ],
    ['in the swap cache', '4.14', SWAPPED, READ],
    ['in the swap cache, to be pinned', '6.12', SWAPPED, PIN],
    ['in the swap cache, to be pinned', '4.14', SWAPPED, PIN],
  ] as const)('%s, lets go of its own lock before it sleeps (%s)', (_, profile, [setup, R], F) => {
    const { alone, passedBy } = sleeps(fought(profile, setup, R, F));
    expect(alone).toBeGreaterThan(0);
    expect(passedBy).toBeGreaterThan(0);
  });

  it('that a device takes for itself, lets go of it, too', () => {
    const { alone } = sleeps(fought('6.12', ...EXCLUSIVE, READ));
    expect(alone).toBeGreaterThan(0);
  });
});

describe('a fault whose caller keeps mmap_lock', PATIENCE, () => {
  it.each([
    ['hmm_range_fault', '6.12', 'gpu0 read a[0]; drain lru'],
    ['pin_user_pages', '6.12', 'pin a[0] r as P; unpin P; drain lru'],
    ['get_user_pages', '4.14', 'pin a[0] r as P; unpin P; drain lru'],
  ] as const)('sleeps for the page with it: it may not let go (%s, %s)', (_, profile, F) => {
    const asleep = count(
      fought(profile, ...SWAPPED, F),
      (k, named) => {
        const task = named('F');
        expect(blockedOn(k, task, Wait.PageUnlocked)).toBe(false);
        if (!blockedOn(k, task, Wait.PageLock)) return false;
        expect(k.tasks.readsMm.get(task)).not.toBe(0);
        return true;
      },
      SEEDS,
    );
    expect(asleep).toBeGreaterThan(0);
  });
});

/** Flags of the faults that thread F takes in all runs, each with the one before it: `54 70`. */
function pairsOfFlags(text: string): Set<string> {
  const pairs = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    let before = '';
    const { broken } = runChecked(text.replace('SEED', String(seed)), ({ kernel, world }) => {
      const { observer } = kernel.events;
      kernel.events.observer = (task, name, leave, args) => {
        observer?.(task, name, leave, args);
        if (name !== 'handle_mm_fault' || leave) return;
        if (world.names.tasks[kernel.tasks.taskName.get(task)] !== 'F') return;
        const flags = (args[1] ?? 0).toString(16);
        pairs.add(`${before} ${flags}`);
        before = flags;
      };
    });
    expect({ seed, broken }).toEqual({ seed, broken: [] });
  }
  return pairs;
}

/** Those whose second one is tried again. */
const tried = (pairs: Set<string>, flags: string): string[] =>
  [...pairs].filter((pair) => pair.endsWith(` ${flags}`));

describe('the next try of such a fault', PATIENCE, () => {
  // 0x254 are the flags of an access of 6.12, 0x54 those of 4.14; 0x1000 VMA_LOCK, 0x20 TRIED, 0x4 ALLOW_RETRY.
  it('has mmap_lock, and after that says that it has been tried (6.12)', () => {
    const pairs = pairsOfFlags(fought('6.12', ...SWAPPED, READ));
    expect(pairs).toContain('1254 254');
    expect(tried(pairs, '274').length).toBeGreaterThan(0);
    for (const pair of tried(pairs, '274')) expect(['1254 274', '254 274', '274 274']).toContain(pair);
  });

  it('may not let go of the lock once more (4.14)', () => {
    const pairs = pairsOfFlags(fought('4.14', ...SWAPPED, READ));
    expect(tried(pairs, '70')).toEqual(['54 70']);
    expect(tried(pairs, '74')).toEqual([]);
  });

  it('of pin_user_pages_fast is FOLL_TRIED', () => {
    expect(tried(pairsOfFlags(fought('6.12', ...SWAPPED, PIN)), '34')).toContain('14 34');
    expect(tried(pairsOfFlags(fought('4.14', ...SWAPPED, PIN)), '20')).toEqual(['4 20']);
  });
});
