/** What a process asks of a device's driver. */

import { Errno } from '../engine/kernel/constants';
import { fcheck, fdget, file_close_fd, fputDevice, reserved_file } from '../engine/kernel/fs/device_file';
import type { DeviceRow, MirrorRow } from '../engine/machine/ids';
import { TaskState } from '../engine/machine/tasks';
import type { OnRange, Operations } from '../engine/routine/driver';
import type { Kernel } from '../engine/routine/kernel';
import type { Routine } from '../engine/routine/routine';
import { EvaluationError } from '../language/arithmetic';
import type {
  DeviceControlStatement,
  DeviceRangeStatement,
  DeviceVerbStatement,
  DeviceWriteStatement,
  MigrateStatement,
  OpenStatement,
} from '../language/ast';
import type { Body, RunContext } from './context';
import { type F, r, type ScenarioNode } from './frame';
import { keepReturn, passRange, prepareAligned } from './memory-statements';
import { rangeCode } from './ranges';
import { simple } from './simple';

/** Finds the open device; false, with EBADF, where the process has none. */
export function findMirror(k: Kernel, f: F, device: number): boolean {
  f.$row = fcheck(k, k.tasks.processOf(k.task), device as DeviceRow);
  if (f.$row === 0) f.$ret = -Errno.EBADF;
  return f.$row !== 0;
}

type RangeCall = DeviceRangeStatement | MigrateStatement;

/** A call that the driver offers: the checker has seen to that. */
export function offered<T>(call: T | undefined): T {
  if (call === undefined) throw new Error('the driver does not offer this');
  return call;
}

function routineOf(statement: RangeCall, operations: Operations): Routine<OnRange> {
  switch (statement.kind) {
    case 'migrate':
      return offered(
        statement.direction === 'to' ? operations.migrate_to_device : operations.migrate_to_system,
      );
    case 'device-read':
      return offered(operations.read);
    case 'device-snapshot':
      return offered(operations.snapshot);
    case 'device-exclusive':
      return offered(operations.exclusive);
    case 'device-check-exclusive':
      return offered(operations.check_exclusive);
  }
}

/** A call on the open device that was found: the file is in use until it has returned. */
function ioctl<A extends { mirror: MirrorRow }>(
  callee: Routine<A>,
  args: (f: F, callee: A) => void,
): ScenarioNode[] {
  return [
    r.call(
      'ioctl()',
      callee,
      (k, f, callee) => {
        callee.mirror = fdget(k, f.$row as MirrorRow);
        args(f, callee);
      },
      keepReturn,
    ),
    fputDevice(r, (f) => f.$row as MirrorRow),
  ];
}

export function deviceRangeNodes(body: Body, statement: RangeCall): ScenarioNode[] {
  const { range, outcome } = statement;
  const device = body.ctx.deviceRow(statement.device.text);
  const callee = routineOf(statement, body.ctx.driverOf(device).operations);
  const { locate, single } = rangeCode(body, range, outcome);
  const aligned = prepareAligned(locate);
  return simple(body, statement, {
    prepare: (k, f, scene) => findMirror(k, f, device) && aligned(k, f, scene),
    nodes: ioctl(callee, passRange),
    manyBytes:
      !single && statement.kind !== 'device-exclusive' && statement.kind !== 'device-check-exclusive',
  });
}

export function deviceWriteNodes(body: Body, statement: DeviceWriteStatement): ScenarioNode[] {
  const { range, outcome } = statement;
  const device = body.ctx.deviceRow(statement.device.text);
  const aligned = prepareAligned(rangeCode(body, range, outcome).locate);
  const value = body.number(statement.value);
  return simple(body, statement, {
    prepare: (k, f, scene) => {
      f.$value = value(scene);
      if (f.$value < 0 || f.$value > 255)
        throw new EvaluationError(`a byte is between 0 and 255, not ${f.$value}`);
      return findMirror(k, f, device) && aligned(k, f, scene);
    },
    nodes: ioctl(offered(body.ctx.driverOf(device).operations.write), (f, callee) => {
      callee.value = f.$value;
      passRange(f, callee);
    }),
  });
}

/** A verb of the driver's own; without a range it is told of no pages. */
export function deviceVerbNodes(body: Body, statement: DeviceVerbStatement): ScenarioNode[] {
  const { range, outcome } = statement;
  const device = body.ctx.deviceRow(statement.device.text);
  const verb = body.ctx.driverOf(device).verbs.find(({ word }) => word === statement.verb.text);
  const aligned = range === undefined ? () => true : prepareAligned(rangeCode(body, range, outcome).locate);
  const value = statement.value === undefined ? () => 0 : body.number(statement.value);
  return simple(body, statement, {
    prepare: (k, f, scene) => {
      f.$va = 0;
      f.$pages = 0;
      f.$value = value(scene);
      return findMirror(k, f, device) && aligned(k, f, scene);
    },
    nodes: ioctl(offered(verb).routine, (f, callee) => {
      callee.value = f.$value;
      passRange(f, callee);
    }),
  });
}

/** Opens a device for the process that runs. */
export function openCall(ctx: RunContext, device: number): ScenarioNode {
  return r.call(
    'open()',
    ctx.driverOf(device).operations.open,
    (_, __, callee) => {
      callee.device = device as DeviceRow;
    },
    (_, f, value) => {
      f.$ret = value < 0 ? value : 0;
    },
  );
}

/** A context of the process that runs is on the device, and needs its mirror. */
function runsContext({ tasks }: Kernel, device: number): boolean {
  const process = tasks.processOf(tasks.currentTask);
  for (const task of tasks.tasks.rows())
    if (tasks.context.get(task) === device && tasks.process.get(task) === process)
      if (tasks.state.get(task) !== TaskState.Exited) return true;
  return false;
}

export function openNodes(body: Body, statement: OpenStatement): ScenarioNode[] {
  const device = body.ctx.deviceRow(statement.device.text);
  if (statement.kind === 'open')
    return simple(body, statement, {
      prepare: (k) => {
        if (reserved_file(k, k.tasks.processOf(k.task), device as DeviceRow) === 0) return true;
        throw new EvaluationError(`\`${statement.device.text}\` is open already in this process`);
      },
      nodes: [openCall(body.ctx, device)],
    });
  return simple(body, statement, {
    prepare: (k, f) => {
      if (runsContext(k, device))
        throw new EvaluationError(
          `\`${statement.device.text}\` runs a context of this process; join it first`,
        );
      if (!findMirror(k, f, device)) return false;
      file_close_fd(k, f.$row as MirrorRow);
      return true;
    },
    nodes: [fputDevice(r, (f) => f.$row as MirrorRow)],
  });
}

export function deviceControlNodes(body: Body, statement: DeviceControlStatement): ScenarioNode[] {
  const device = body.ctx.deviceRow(statement.device.text) as DeviceRow;
  const { operations } = body.ctx.driverOf(device);
  return simple(body, statement, {
    prepare: () => true,
    nodes: [
      r.call(
        'ioctl()',
        offered(statement.kind === 'device-release' ? operations.remove : operations.evict),
        (_, __, callee) => {
          callee.device = device;
        },
        keepReturn,
      ),
    ],
  });
}
