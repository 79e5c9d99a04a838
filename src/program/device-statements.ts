/** What a process asks of a device's driver, and failures that are injected into it. */

import { ANY_DEVICE } from '../engine/drivers/injection';
import { Errno, VmFault } from '../engine/kernel/constants';
import { fcheck, fdget, file_close_fd, fputDevice, reserved_file } from '../engine/kernel/fs/device_file';
import type { DeviceRow, MirrorRow } from '../engine/machine/ids';
import { TaskState } from '../engine/machine/tasks';
import type { Kernel } from '../engine/routine/kernel';
import type { Routine } from '../engine/routine/routine';
import { EvaluationError } from '../language/arithmetic';
import type {
  DeviceControlStatement,
  DeviceFailStatement,
  DeviceRangeStatement,
  DeviceWriteStatement,
  FaultResult,
  MigrateStatement,
  OpenStatement,
} from '../language/ast';
import {
  dmirror_check_exclusive,
  dmirror_device_evict,
  dmirror_exclusive,
  dmirror_migrate_to_device,
  dmirror_migrate_to_system,
  dmirror_open,
  dmirror_read,
  dmirror_remove,
  dmirror_snapshot,
  dmirror_write,
} from './calls';
import type { Body } from './context';
import { type F, r, type ScenarioNode } from './frame';
import { keepReturn, type PageRange, passRange, prepareAligned } from './memory-statements';
import { rangeCode } from './ranges';
import { simple } from './simple';

type MirrorRange = PageRange & { mirror: MirrorRow };

/** Finds the open device; false, with EBADF, where the process has none. */
export function findMirror(k: Kernel, f: F, device: number): boolean {
  f.$row = fcheck(k, k.tasks.processOf(k.task), device as DeviceRow);
  if (f.$row === 0) f.$ret = -Errno.EBADF;
  return f.$row !== 0;
}

type RangeCall = DeviceRangeStatement | MigrateStatement;

function routineOf(statement: RangeCall): Routine<MirrorRange> {
  switch (statement.kind) {
    case 'migrate':
      return statement.direction === 'to' ? dmirror_migrate_to_device : dmirror_migrate_to_system;
    case 'device-read':
      return dmirror_read;
    case 'device-snapshot':
      return dmirror_snapshot;
    case 'device-exclusive':
      return dmirror_exclusive;
    case 'device-check-exclusive':
      return dmirror_check_exclusive;
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
  const callee = routineOf(statement);
  const aligned = prepareAligned(rangeCode(body, range, outcome).locate);
  return simple(body, statement, {
    prepare: (k, f, scene) => findMirror(k, f, device) && aligned(k, f, scene),
    nodes: ioctl(callee, passRange),
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
    nodes: ioctl(dmirror_write, (f, callee) => {
      callee.value = f.$value;
      passRange(f, callee);
    }),
  });
}

/** Opens a device for the process that runs. */
export function openCall(device: number): ScenarioNode {
  return r.call(
    'open()',
    dmirror_open,
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
      nodes: [openCall(device)],
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

/** How often a failure without `times` happens: until it is repaired. */
const FOR_EVER = 2 ** 31 - 1;

const RESULTS: Readonly<Record<FaultResult, number>> = {
  sigbus: VmFault.SIGBUS,
  sigsegv: VmFault.SIGSEGV,
  oom: VmFault.OOM,
  hwpoison: VmFault.HWPOISON,
  nopage: VmFault.NOPAGE,
  retry: VmFault.RETRY,
  nothing: 0,
};

/** Where the failures of a device are counted, or those of a driver: whichever of its devices comes next. */
function failureRow(body: Body, name: string): number {
  const device = body.ctx.deviceRow(name);
  return device > 0 ? device : ANY_DEVICE;
}

export function deviceFailNodes(body: Body, statement: DeviceFailStatement): ScenarioNode[] {
  const row = failureRow(body, statement.device.text);
  const times = statement.times === undefined ? () => FOR_EVER : body.number(statement.times);
  const result = RESULTS[statement.as?.text ?? 'sigbus'];
  const set = (k: Kernel, device: number, count: number): void => {
    const { devices } = k;
    if (statement.point.text === 'copy') devices.failCopy.set(device, count);
    else if (statement.point.text === 'alloc') devices.failAlloc.set(device, count);
    else {
      devices.failFault.set(device, count);
      devices.failFaultWith.set(device, result);
    }
  };
  return simple(body, statement, {
    prepare: (k, _, scene) => {
      set(k, row, times(scene));
      return false;
    },
    nodes: [],
  });
}

function setDead(body: Body, statement: DeviceControlStatement, dead: boolean): ScenarioNode[] {
  const device = body.ctx.deviceRow(statement.device.text);
  return simple(body, statement, {
    prepare: ({ devices }) => {
      devices.dead.set(device, dead ? 1 : 0);
      if (dead) return false;
      for (const column of [devices.failFault, devices.failCopy, devices.failAlloc])
        for (const row of [ANY_DEVICE, device]) column.set(row, 0);
      return false;
    },
    nodes: [],
  });
}

export function deviceControlNodes(body: Body, statement: DeviceControlStatement): ScenarioNode[] {
  if (statement.kind === 'device-dead' || statement.kind === 'device-repair')
    return setDead(body, statement, statement.kind === 'device-dead');
  const device = body.ctx.deviceRow(statement.device.text) as DeviceRow;
  return simple(body, statement, {
    prepare: () => true,
    nodes: [
      r.call(
        'ioctl()',
        statement.kind === 'device-release' ? dmirror_remove : dmirror_device_evict,
        (_, __, callee) => {
          callee.device = device;
        },
        keepReturn,
      ),
    ],
  });
}
