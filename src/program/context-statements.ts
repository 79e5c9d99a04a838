/** What a context of a device does: it reads and writes through the process's mirror of the device. */

import type { MirrorRow } from '../engine/machine/ids';
import type { RangeStatement, StoreStatement } from '../language/ast';
import type { Body } from './context';
import { findMirror, offered } from './device-statements';
import { r, type ScenarioNode } from './frame';
import { keepReturn, passRange, prepareAligned } from './memory-statements';
import { rangeCode } from './ranges';
import { simple } from './simple';

export function contextAccessNodes(body: Body, statement: RangeStatement | StoreStatement): ScenarioNode[] {
  const { range, outcome } = statement;
  const store = 'value' in statement ? statement : undefined;
  const aligned = prepareAligned(rangeCode(body, range, outcome).locate);
  const value = store === undefined ? () => 0 : body.number(store.value);
  const { context_access } = body.ctx.driverOf(body.device).operations;
  return simple(body, statement, {
    prepare: (k, f, scene) => {
      f.$value = value(scene);
      return findMirror(k, f, body.device) && aligned(k, f, scene);
    },
    nodes: [
      r.call(
        store === undefined ? 'load' : 'store',
        offered(context_access),
        (_, f, callee) => {
          callee.mirror = f.$row as MirrorRow;
          passRange(f, callee);
          callee.write = store === undefined ? 0 : 1;
          callee.value = f.$value;
          callee.rise = store?.rising === true ? 1 : 0;
        },
        keepReturn,
      ),
    ],
  });
}
