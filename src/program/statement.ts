/** One statement of any kind as nodes of a routine. */

import { isNamed } from '../engine/profiles';
import type { Statement } from '../language/ast';
import { addNodes, letReadNodes, storeNodes, userCopyNodes } from './access-statements';
import type { Body } from './context';
import { contextAccessNodes } from './context-statements';
import { expectNodes, letNodes, loopNodes, printNodes, repeatNodes } from './control-statements';
import {
  deviceControlNodes,
  deviceRangeNodes,
  deviceVerbNodes,
  deviceWriteNodes,
  openNodes,
} from './device-statements';
import { deviceFailNodes, deviceHealthNodes, kernelFailNodes, kernelRepairNodes } from './failure-statements';
import type { ScenarioNode } from './frame';
import type { Generator } from './generator';
import { mmapNodes, mprotectNodes } from './memory-statements';
import { drainNodes, swapNodes } from './page-statements';
import { gupNodes, pinNodes, unpinNodes } from './pin-statements';
import { isRangeStatement, rangeStatementNodes } from './range-statements';
import { madviseNodes, mremapNodes } from './remap-statements';
import {
  barrierNodes,
  exitStatementNodes,
  forkNodes,
  killNodes,
  onNodes,
  threadNodes,
  waitNodes,
} from './task-statements';

export function statementNodes(generator: Generator, body: Body, statement: Statement): ScenarioNode[] {
  if (isRangeStatement(statement)) return rangeStatementNodes(body, statement);
  switch (statement.kind) {
    case 'let':
      return letNodes(body, statement);
    case 'print':
      return printNodes(body, statement);
    case 'expect':
      return expectNodes(body, statement);
    case 'repeat':
      return repeatNodes(generator, body, statement);
    case 'loop':
      return loopNodes(generator, body, statement);
    case 'under':
      return statement.profiles.some(({ text }) => isNamed(body.ctx.program.profile, text))
        ? generator.statements(statement.body, body)
        : [];
    case 'on':
      return onNodes(generator, body, statement);
    case 'fork':
      return forkNodes(generator, body, statement);
    case 'thread':
      return threadNodes(generator, body, statement);
    case 'join':
    case 'wait':
      return waitNodes(body, statement);
    case 'exit':
      return exitStatementNodes(body, statement);
    case 'kill':
      return killNodes(body, statement);
    case 'barrier':
      return barrierNodes(body, statement);
    case 'mmap':
      return mmapNodes(body, statement);
    case 'mprotect':
      return mprotectNodes(body, statement);
    case 'let-read':
      return letReadNodes(body, statement);
    case 'write':
    case 'fill':
      if (body.device !== 0) return contextAccessNodes(body, statement);
      return storeNodes(body, statement);
    case 'add':
      return addNodes(body, statement);
    case 'copy_from_user':
    case 'copy_to_user':
      return userCopyNodes(body, statement);
    case 'madvise':
      return madviseNodes(body, statement);
    case 'mremap':
      return mremapNodes(body, statement);
    case 'pin':
      return pinNodes(body, statement);
    case 'gup':
      return gupNodes(body, statement);
    case 'unpin':
      return unpinNodes(body, statement);
    case 'swapon':
    case 'swapoff':
      return swapNodes(body, statement);
    case 'kernel-fail':
      return kernelFailNodes(body, statement);
    case 'kernel-repair':
      return kernelRepairNodes(body, statement);
    case 'drain':
      return drainNodes(body, statement);
    case 'open':
    case 'close':
      return openNodes(body, statement);
    case 'migrate':
    case 'device-read':
    case 'device-snapshot':
    case 'device-exclusive':
    case 'device-check-exclusive':
      return deviceRangeNodes(body, statement);
    case 'device-write':
      return deviceWriteNodes(body, statement);
    case 'device-fail':
      return deviceFailNodes(body, statement);
    case 'device-evict':
    case 'device-release':
      return deviceControlNodes(body, statement);
    case 'device-verb':
      return deviceVerbNodes(body, statement);
    case 'device-dead':
    case 'device-repair':
      return deviceHealthNodes(body, statement);
  }
}
