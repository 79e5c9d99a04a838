import { describe, expect, it } from 'vitest';
import { boot, type ZoneLayout } from '../../src/engine/kernel/boot';
import { alloc_huge_page, alloc_page } from '../../src/engine/kernel/mm/page_alloc/page_alloc';
import { init_per_zone_wmark_min } from '../../src/engine/kernel/mm/page_alloc/watermarks';
import { linux612 } from '../../src/engine/profiles/linux-6.12';
import { Kernel } from '../../src/engine/routine/kernel';

function machine(...zones: readonly ZoneLayout[]): Kernel {
  const kernel = new Kernel(linux612);
  boot(kernel, { cpus: 1, nodes: [{ zones }], devices: [] });
  return kernel;
}

/** min, low and high of each zone that pages come from, by its name. */
const marks = ({ zones }: Kernel): Record<string, readonly number[]> =>
  Object.fromEntries(
    zones.zonelist.map((zone) => [
      zones.nameOf(zone),
      [zones.wmarkMin.get(zone), zones.wmarkLow.get(zone), zones.wmarkHigh.get(zone)],
    ]),
  );

const freeOf = ({ zones }: Kernel): Record<string, number> =>
  Object.fromEntries(zones.zonelist.map((zone) => [zones.nameOf(zone), zones.free.get(zone)]));

describe('watermarks', () => {
  /**
   * /proc/zoneinfo of the recorded machine: DMA 73 91 109, DMA32 14616 18270 21924, Normal 2205 2756 3307. They were computed
   * before the memory of the boot code was given to DMA32, which shifts 4 of 14616 pages between the zones.
   */
  it('are those of the recorded machine', () => {
    const kernel = machine(
      { kind: 'dma', pages: 4000 },
      { kind: 'dma32', pages: 800_000 },
      { kind: 'normal', pages: 120_000 },
    );
    const managed = [114_879, 762_589, 3840];
    kernel.zones.zonelist.forEach((zone, i) => {
      kernel.zones.managed.set(zone, managed[i] ?? 0);
    });
    init_per_zone_wmark_min(kernel);
    const { DMA, DMA32, Normal } = marks(kernel);
    expect(DMA).toEqual([73, 91, 109]);
    const near = (found: readonly number[] | undefined, recorded: readonly number[]): void => {
      for (const [i, value] of recorded.entries())
        expect(Math.abs((found?.[i] ?? 0) - value) / value).toBeLessThan(0.002);
    };
    near(DMA32, [14_616, 18_270, 21_924]);
    near(Normal, [2205, 2756, 3307]);
  });

  it('are at most a twentieth of a small machine', () => {
    // 16128 pages are managed. By the square root: sqrt(64512 * 16) = 1015 KiB = 253 pages, high 253 + 2 * 63 = 379.
    // A twentieth of the 15749 above that is 787, less than 11 blocks of 512; a step is a quarter of it.
    expect(marks(machine({ kind: 'normal', pages: 16_384 }))).toEqual({ Normal: [787, 983, 1179] });
  });

  it('are by the square root of a very small one', () => {
    // 504 pages are managed: sqrt(2016 * 16) = 179 KiB = 44 pages, high 44 + 2 * 11 = 66. A twentieth of 438 is 21.
    expect(marks(machine({ kind: 'normal', pages: 512 }))).toEqual({ Normal: [44, 55, 66] });
  });

  it('are small in ZONE_MOVABLE, which the kernel itself does not use', () => {
    // 64512 of 65536 pages are managed, a 1024th of them is 63; the share of 787 pages in proportion to Normal's 16128 is
    // four times as much, and a quarter of that the step.
    const { Normal, Movable } = marks(
      machine({ kind: 'normal', pages: 16_384 }, { kind: 'movable', pages: 65_536 }),
    );
    expect(Normal).toEqual([787, 983, 1179]);
    expect(Movable).toEqual([63, 63 + 787, 63 + 2 * 787]);
  });
});

describe('a machine', () => {
  it('needs more memory than its zones keep free', () => {
    // min is at least 128 KiB, 32 pages; one page holds struct pages, one is the zero page.
    expect(() => machine({ kind: 'normal', pages: 34 })).toThrow('keep free');
    expect(freeOf(machine({ kind: 'normal', pages: 35 }))).toEqual({ Normal: 33 });
  });
});

describe('an allocation', () => {
  /** Takes a page at a time until there is none. */
  function exhaust(kernel: Kernel): void {
    while (alloc_page(kernel) !== 0);
  }

  it('leaves every zone its min watermark', () => {
    const kernel = machine({ kind: 'dma32', pages: 512 }, { kind: 'normal', pages: 512 });
    const { DMA32, Normal } = marks(kernel);
    exhaust(kernel);
    expect(freeOf(kernel)).toEqual({ Normal: Normal?.[0], DMA32: DMA32?.[0] });
  });

  it('goes to the next zone at the low watermark of the first, and wakes kswapd at that of the last', () => {
    const kernel = machine({ kind: 'dma32', pages: 512 }, { kind: 'normal', pages: 512 });
    const woken: unknown[] = [];
    kernel.wakeKswapd = (node) => woken.push([node, freeOf(kernel)]);
    const { DMA32, Normal } = marks(kernel);
    while (woken.length === 0) expect(alloc_page(kernel)).not.toBe(0);
    expect(woken).toEqual([[0, { Normal: Normal?.[1], DMA32: DMA32?.[1] }]]);
  });

  it('of a huge page counts all its pages', () => {
    // 16128 pages without the zero page; min is 787. The last but one leaves 1791 - 511 > 787, one more would leave too few.
    const kernel = machine({ kind: 'normal', pages: 16_384 });
    while (alloc_huge_page(kernel, true) !== 0);
    expect(freeOf(kernel)).toEqual({ Normal: 16_127 - 29 * 512 });
  });

  it('wakes nobody for a hopeless node', () => {
    const kernel = machine({ kind: 'normal', pages: 512 });
    kernel.kswapd.failures.set(0, 16);
    kernel.wakeKswapd = () => {
      throw new Error('woken');
    };
    exhaust(kernel);
    kernel.kswapd.failures.set(0, 15);
    expect(() => alloc_page(kernel)).toThrow('woken');
  });
});
