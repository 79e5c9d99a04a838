/** Failures that a scenario injects into a device and its driver, or into what the kernel allocates for itself. */

import { VmFault } from '../engine/kernel/constants';
import { Alloc } from '../engine/kernel/mm/fail_alloc';
import type { DeviceRow } from '../engine/machine/ids';
import type { FailureInjection } from '../engine/routine/driver';
import type {
  DeviceFailStatement,
  DeviceHealthStatement,
  FaultResult,
  KernelAllocation,
  KernelFailStatement,
  KernelRepairStatement,
} from '../language/ast';
import type { Body } from './context';
import type { ScenarioNode } from './frame';
import { simple } from './simple';

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

/** Whose failures are meant: those of a device, or of whichever device of the driver of this name comes next. */
function failingOf({ ctx }: Body, name: string): { device: DeviceRow; failures: FailureInjection } {
  const device = ctx.deviceRow(name) as DeviceRow;
  const named = ctx.program.drivers.find((driver) => driver.name === name);
  const { failures } = device === 0 && named !== undefined ? named : ctx.driverOf(device);
  return { device, failures };
}

export function deviceFailNodes(body: Body, statement: DeviceFailStatement): ScenarioNode[] {
  const { device, failures } = failingOf(body, statement.device.text);
  const times = statement.times === undefined ? () => FOR_EVER : body.number(statement.times);
  const point = statement.point.text;
  const result = point === 'migrate_to_ram' ? RESULTS[statement.as?.text ?? 'sigbus'] : 0;
  return simple(body, statement, {
    prepare: (k, _, scene) => {
      failures.arm(k, device, { point, times: times(scene), result });
      return false;
    },
    nodes: [],
  });
}

/** `dead` and `repair`, which ends all failures of the device too. */
export function deviceHealthNodes(body: Body, statement: DeviceHealthStatement): ScenarioNode[] {
  const { device, failures } = failingOf(body, statement.device.text);
  const dead = statement.kind === 'device-dead';
  return simple(body, statement, {
    prepare: (k) => {
      k.devices.dead.set(device, dead ? 1 : 0);
      if (!dead) failures.disarm(k, device);
      return false;
    },
    nodes: [],
  });
}

const ALLOCATIONS: Readonly<Record<KernelAllocation, Alloc>> = {
  page_table: Alloc.PageTable,
  anon_vma: Alloc.AnonVma,
  vma: Alloc.Vma,
  eviction: Alloc.Eviction,
};

export function kernelFailNodes(body: Body, statement: KernelFailStatement): ScenarioNode[] {
  const { what, times } = statement;
  const row = what === undefined ? Alloc.Any : ALLOCATIONS[what.text];
  const count = times === undefined ? () => FOR_EVER : body.number(times);
  return simple(body, statement, {
    prepare: (k, _, scene) => {
      k.failAlloc.set(row, count(scene));
      return false;
    },
    nodes: [],
  });
}

export function kernelRepairNodes(body: Body, statement: KernelRepairStatement): ScenarioNode[] {
  return simple(body, statement, {
    prepare: (k) => {
      for (const row of Object.values(Alloc)) k.failAlloc.set(row, 0);
      return false;
    },
    nodes: [],
  });
}
