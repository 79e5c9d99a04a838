/** madvise and mremap. */

import { Errno } from '../engine/kernel/constants';
import { Advice } from '../engine/kernel/mm/madvise/madvise';
import { type Vpn, vpnOf } from '../engine/machine/ids';
import type { Kernel } from '../engine/routine/kernel';
import type { MadviseStatement, MremapStatement } from '../language/ast';
import { PAGE_SIZE } from '../language/numbers';
import { do_mremap, mremap_anywhere, sys_madvise, sys_mremap } from './calls';
import type { Body } from './context';
import { type F, r, type ScenarioNode } from './frame';
import { keepReturn, passRange, prepareAligned } from './memory-statements';
import { rangeCode, wholeBuffer } from './ranges';
import { type Action, simple } from './simple';

export function madviseNodes(body: Body, statement: MadviseStatement): ScenarioNode[] {
  const { range, outcome, advice } = statement;
  const number = Advice[advice.text.toUpperCase() as keyof typeof Advice];
  return simple(body, statement, {
    prepare: prepareAligned(rangeCode(body, range, outcome).locate),
    nodes: [
      r.call(
        `madvise(${advice.text})`,
        sys_madvise,
        (_, f, callee) => {
          passRange(f, callee);
          callee.advice = number;
        },
        keepReturn,
      ),
    ],
  });
}

export function mremapNodes(body: Body, statement: MremapStatement): ScenarioNode[] {
  const { range, outcome } = statement;
  const { ctx } = body;
  const { locate } = rangeCode(body, range, outcome);
  const size = statement.size === undefined ? undefined : body.number(statement.size);
  const to = statement.to === undefined ? undefined : body.number(statement.to);
  const moved = wholeBuffer(body, range);
  const aligned = prepareAligned(locate);
  const prepare: Action['prepare'] = (k, f, scene) => {
    if (!aligned(k, f, scene)) return false;
    f.$done = size === undefined ? f.$pages : Math.ceil(size(scene) / PAGE_SIZE);
    f.$value = to === undefined ? 0 : to(scene);
    if (f.$value % PAGE_SIZE === 0) return true;
    f.$ret = -Errno.EINVAL;
    return false;
  };
  const keepPlace = (_: Kernel, f: F, value: number): void => {
    f.$ret = Math.min(value, 0);
    if (value >= 0 && moved !== undefined)
      ctx.variables.setBuffer(ctx.process(), moved, value * PAGE_SIZE, f.$done);
  };
  const passFixed = (
    _: Kernel,
    f: F,
    callee: { start: Vpn; pages: number; newPages: number; to: Vpn },
  ): void => {
    passRange(f, callee);
    callee.newPages = f.$done;
    callee.to = vpnOf(f.$value);
  };
  const call =
    to === undefined
      ? r.call(
          'mremap()',
          mremap_anywhere,
          (_, f, callee) => {
            passRange(f, callee);
            callee.newPages = f.$done;
          },
          keepPlace,
        )
      : r.only(
          (profile) => profile.mremapMovesMany,
          [r.call('mremap()', do_mremap, passFixed, keepPlace)],
          [r.call('mremap()', sys_mremap, passFixed, keepPlace)],
        );
  return simple(body, statement, { prepare, nodes: [call] });
}
