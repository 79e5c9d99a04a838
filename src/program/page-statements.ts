/** References on pages, swap areas and LRU batches. */

import { lru_drain_now } from '../engine/kernel/mm/swap/lru_add_drain';
import { get_page, put_page } from '../engine/kernel/mm/swap/page_ref';
import { Hold } from '../engine/machine/holds';
import { type PageRow, vpnOf } from '../engine/machine/ids';
import type { Kernel } from '../engine/routine/kernel';
import { EvaluationError } from '../language/arithmetic';
import type { DrainStatement, RangeStatement, SwapStatement } from '../language/ast';
import { PAGE_SIZE } from '../language/numbers';
import { pageAt } from '../view/environment';
import { reclaim_range, sys_swapoff, sys_swapon } from './calls';
import type { Body } from './context';
import { type F, r, type ScenarioNode } from './frame';
import { keepReturn, passRange, prepareAligned } from './memory-statements';
import { rangeCode } from './ranges';
import { simple } from './simple';

/** References that `get_page` takes belong to nobody the machine knows: they have the driver's name and no device. */
export const NOBODY = 0;

/** One more reference on each page of a range, or one less. */
export function pageReferenceNodes(body: Body, statement: RangeStatement): ScenarioNode[] {
  const { range, outcome } = statement;
  const { locate } = rangeCode(body, range, outcome);
  const page = (k: Kernel, f: F): PageRow => {
    const va = f.$va + f.$done * PAGE_SIZE;
    const found = pageAt(k, k.tasks.mmOf(k.task), vpnOf(va));
    if (found === 0) throw new EvaluationError('there is no page to hold here');
    return found;
  };
  if (statement.kind === 'get_page')
    return simple(body, statement, {
      prepare: (k, f, scene) => {
        locate(scene, f);
        for (f.$done = 0; f.$done < f.$pages; f.$done++) get_page(k, page(k, f), Hold.Driver, NOBODY);
        return false;
      },
      nodes: [],
    });
  return simple(body, statement, {
    prepare: (k, f, scene) => {
      locate(scene, f);
      for (f.$done = f.$pages - 1; f.$done >= 0; f.$done--) {
        const held = [...k.holds.of(page(k, f))].some(
          ({ kind, who }) => kind === Hold.Driver && who === NOBODY,
        );
        if (!held) throw new EvaluationError('no get_page holds this page');
      }
      f.$done = 0;
      return true;
    },
    nodes: [
      r.loop('pages are left', (_, f) => f.$done < f.$pages, [
        r.call(
          'put_page()',
          put_page,
          (k, f, callee) => {
            callee.page = page(k, f);
            callee.hold = Hold.Driver;
            callee.who = NOBODY;
          },
          (_, f) => {
            f.$done++;
          },
        ),
      ]),
    ],
  });
}

/** Pages of an area that `swapon` adds where neither it nor the machine says. */
const DEFAULT_SWAP_PAGES = 2 ** 24 / PAGE_SIZE;

export function swapNodes(body: Body, statement: SwapStatement): ScenarioNode[] {
  const { ctx } = body;
  const size = statement.size === undefined ? undefined : body.number(statement.size);
  if (statement.kind === 'swapon')
    return simple(body, statement, {
      prepare: (_, f, scene) => {
        f.$pages =
          size === undefined
            ? ctx.program.swapPages || DEFAULT_SWAP_PAGES
            : Math.ceil(size(scene) / PAGE_SIZE);
        return true;
      },
      nodes: [swaponCall((f) => f.$pages, statement.sync)],
    });
  return simple(body, statement, {
    prepare: (k, f) => {
      f.$row = [...k.swap.areas.rows()].at(-1) ?? 0;
      return true;
    },
    nodes: [
      r.call(
        'swapoff()',
        sys_swapoff,
        (_, f, callee) => {
          callee.area = f.$row;
        },
        keepReturn,
      ),
    ],
  });
}

/** Returns how many pages were freed. */
export function reclaimNodes(body: Body, statement: RangeStatement): ScenarioNode[] {
  const { range, outcome } = statement;
  return simple(body, statement, {
    prepare: prepareAligned(rangeCode(body, range, outcome).locate),
    nodes: [r.call('reclaim', reclaim_range, (_, f, callee) => passRange(f, callee), keepReturn)],
  });
}

/** Adds a swap area. What the call returns is the area's number, which no program sees. */
export function swaponCall(pages: (f: F) => number, sync: boolean): ScenarioNode {
  return r.call(
    'swapon()',
    sys_swapon,
    (_: Kernel, f: F, callee) => {
      callee.pages = pages(f);
      callee.sync = sync ? 1 : 0;
    },
    (_, f, value) => {
      f.$ret = Math.min(value, 0);
    },
  );
}

export function drainNodes(body: Body, statement: DrainStatement): ScenarioNode[] {
  return simple(body, statement, {
    prepare: (_, f) => {
      f.$ret = 0;
      return true;
    },
    nodes: [r.call('lru_add_drain_all()', lru_drain_now, () => {})],
  });
}
