/** The machine as scopes, for clients that have no views for it: pending faults, zones, devices, the address space. */

import {
  type MmRow,
  type ProcessRow,
  type TaskRow,
  type VmaRow,
  type Vpn,
  vaOf,
} from '../../engine/machine/ids';
import { faultFacts, faultLabel, faultProgress, type PendingFault } from '../../protocol';
import { placeOf, showAddress, showProtection, type World } from '../../view/environment';
import { devicesOf } from '../../view/inspect/devices';
import { pendingFaults } from '../../view/inspect/faults';
import { zoneNodes } from '../../view/inspect/zones';
import { waitChain } from '../../view/wait-graph';
import { placeVariable } from './places';
import { type Scope, sceneAt } from './scopes';
import type { Variable } from './tree';

/** The scopes of a task that are about the whole machine. */
export function machineScopes(world: World, task: TaskRow): Scope[] {
  const { process } = sceneAt(world, task, undefined);
  const named = (name: string, path: string, make: () => readonly Variable[], expensive: boolean): Scope => ({
    name,
    path,
    hint: undefined,
    expensive,
    children: { named: make },
  });
  return [
    named('Pending Faults', 'faults', () => faults(world), false),
    named('Zones', 'zones', () => zones(world), true),
    named('Devices', 'devices', () => devices(world), true),
    named('Address Space', `t${task}.mm`, () => vmas(world, process), true),
  ];
}

function faults(world: World): Variable[] {
  return pendingFaults(world).map((fault) => ({
    name: faultLabel(fault),
    value: faultProgress(fault),
    children: { named: () => faultLines(world, fault) },
  }));
}

function faultLines(world: World, fault: PendingFault): Variable[] {
  const lines = faultFacts(fault).map(([name, value]) => ({ name, value }));
  const chain = fault.kind === 'cpu' ? waitChain(world, fault.threadId as TaskRow) : undefined;
  return chain === undefined ? lines : [...lines, { name: 'who waits for whom', value: chain }];
}

function zones(world: World): Variable[] {
  return zoneNodes(world, undefined).flatMap(({ node, zones: list }) =>
    list.map(({ name, counters }) => ({
      name: `Node ${node}, ${name}`,
      value: counters
        .slice(0, 4)
        .map((counter) => `${counter.name} ${counter.value}`)
        .join(', '),
      children: {
        named: () => counters.map((counter) => ({ name: counter.name, value: String(counter.value) })),
      },
    })),
  );
}

function devices(world: World): Variable[] {
  return devicesOf(world, undefined).map((device) => ({
    name: device.name,
    value: `${device.type}, ${device.used} of ${device.total} pages used`,
    children: { named: () => deviceLines(device) },
  }));
}

function deviceLines(device: ReturnType<typeof devicesOf>[number]): Variable[] {
  const line = (name: string, value: string | number, member?: string): Variable => ({
    name,
    value: String(value),
    ...(member === undefined ? {} : { evaluateName: `${device.name}.${member}` }),
  });
  return [
    line('type', device.type, 'type'),
    line('driver', device.driver),
    line('range', `${device.start}-${device.end}`),
    line('total', device.total, 'total'),
    line('used', device.used, 'used'),
    line('free', device.free, 'free'),
    ...device.counters.map(({ name, value }) => line(name, value, name)),
    ...device.mirrors.map(({ process, entries }) => line(`mirror of ${process}`, `${entries} pages`)),
    ...device.failures.map((failure, i) => line(`failure ${i}`, failure)),
  ];
}

function vmas(world: World, process: ProcessRow): Variable[] {
  const { kernel: k } = world;
  const mm = k.tasks.mm.get(process) as MmRow;
  if (mm === 0) return [];
  return [...k.mm.vmasOf(mm)].map((vma) => vmaVariable(world, process, vma));
}

function vmaVariable(world: World, process: ProcessRow, vma: VmaRow): Variable {
  const { mm } = world.kernel;
  const start = mm.start.get(vma);
  const end = mm.end.get(vma);
  const name = `${vaOf(start as Vpn).toString(16)}-${vaOf(end as Vpn).toString(16)}`;
  const kind = mm.isAnonymous(vma) ? 'anon' : 'file';
  const place = placeOf(world, process, vaOf(start as Vpn));
  return {
    name,
    value: `${showProtection(mm.flags.get(vma))} ${kind}, ${end - start} pages${place === undefined ? '' : `, ${place}`}`,
    children: {
      indexed: end - start,
      slice: (first, count) =>
        Array.from({ length: count }, (_, i) => {
          const vpn = start + first + i;
          const address = showAddress(vaOf(vpn as Vpn));
          return placeVariable(world, process, vpn, address, `pte(${address})`);
        }),
    },
  };
}
