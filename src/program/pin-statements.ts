/** Pages that are held: pin, unpin, get_user_pages. */

import { gup_test } from '../engine/kernel/mm/gup/gup_test';
import type { PinRow } from '../engine/machine/ids';
import { EvaluationError } from '../language/arithmetic';
import type { GupStatement, UnpinStatement } from '../language/ast';
import { pin_user_pages, unpin_user_pages } from './calls';
import type { Body, RunContext } from './context';
import { r, type ScenarioNode } from './frame';
import { keepReturn, passRange, prepareAligned } from './memory-statements';
import { rangeCode } from './ranges';
import { simple } from './simple';

export function pinNodes(body: Body, statement: GupStatement): ScenarioNode[] {
  const { range, outcome, write, longterm, fast } = statement;
  const { ctx } = body;
  const name = statement.as === undefined ? 0 : ctx.program.names.pins.indexOf(statement.as.text);
  return simple(body, statement, {
    prepare: prepareAligned(rangeCode(body, range, outcome).locate),
    nodes: [
      r.call(
        'pin_user_pages()',
        pin_user_pages,
        (k, f, callee) => {
          passRange(f, callee);
          callee.write = write ? 1 : 0;
          callee.longterm = longterm ? 1 : 0;
          callee.fast = fast ? 1 : 0;
          f.$row = k.pins.table.alloc();
          k.pins.name.set(f.$row, name);
          ctx.state.pinnedAt.set(f.$row, k.time);
          callee.pin = f.$row as PinRow;
        },
        (k, f, value) => {
          f.$ret = value;
          if (value < 0) k.pins.table.free(f.$row);
        },
      ),
    ],
  });
}

export function gupNodes(body: Body, statement: GupStatement): ScenarioNode[] {
  const { range, outcome, write, fast } = statement;
  return simple(body, statement, {
    prepare: prepareAligned(rangeCode(body, range, outcome).locate),
    nodes: [
      r.call(
        'ioctl()',
        gup_test,
        (_, f, callee) => {
          passRange(f, callee);
          callee.write = write ? 1 : 0;
          callee.fast = fast ? 1 : 0;
        },
        keepReturn,
      ),
    ],
  });
}

/** The pin of a name, or of any; the latest where there are several, never one a task still builds. 0 = none. */
function heldPin(ctx: RunContext, name: number | undefined): PinRow {
  const { kernel: k, state } = ctx;
  let found = 0;
  for (const pin of k.pins.table.rows()) {
    if (k.pins.count.get(pin) === 0) continue;
    if (name !== undefined && k.pins.name.get(pin) !== name) continue;
    if (found === 0 || state.pinnedAt.get(pin) > state.pinnedAt.get(found)) found = pin;
  }
  return found as PinRow;
}

export function unpinNodes(body: Body, statement: UnpinStatement): ScenarioNode[] {
  const { text } = statement.name ?? { text: undefined };
  const { ctx } = body;
  const name = text === undefined ? undefined : ctx.program.names.pins.indexOf(text);
  return simple(body, statement, {
    prepare: (_, f) => {
      f.$row = heldPin(ctx, name);
      if (f.$row === 0)
        throw new EvaluationError(text === undefined ? 'nothing is pinned' : `\`${text}\` holds no pages`);
      return true;
    },
    nodes: [
      r.call(
        'unpin_user_pages()',
        unpin_user_pages,
        (_, f, callee) => {
          callee.pin = f.$row as PinRow;
        },
        (k, f, value) => {
          f.$ret = value;
          k.pins.table.free(f.$row);
        },
      ),
    ],
  });
}
