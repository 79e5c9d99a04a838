/** From a scenario's declarations to the machine that boot builds. */

import type { DeviceLayout, MachineLayout, ZoneLayout } from '../engine/kernel/boot';
import type { Driver } from '../engine/routine/driver';
import type { Order } from '../engine/time/schedule';
import type { DeviceDecl, Expr, MachineDecl, NodeDecl, Scenario, ScheduleDecl } from '../language/ast';
import { constantOf } from '../language/constant';
import { KNOWLEDGE } from '../language/knowledge';
import { PAGE_SIZE } from '../language/numbers';
import { bottomHalfName } from '../language/task-names';
import type { FileLayout } from './program';

const GIB_PAGES = 2 ** 30 / PAGE_SIZE;

/** A machine that does not say: 2 GiB below and 2 GiB above the 4 GiB line. */
const DEFAULT_ZONES: readonly ZoneLayout[] = [
  { kind: 'dma32', pages: 2 * GIB_PAGES },
  { kind: 'normal', pages: 2 * GIB_PAGES },
];

/** Gives the value of constant expressions of the declarations; 0 where one has none (the checker has said so). */
type Constant = (expr: Expr | undefined) => number;

function constants(values: ReadonlyMap<string, number>): Constant {
  return (expr) => (expr === undefined ? 0 : (constantOf(expr, (name) => values.get(name)) ?? 0));
}

function zonesOf(node: NodeDecl, value: Constant): ZoneLayout[] {
  return node.zones.map(({ zone, size }) => ({ kind: zone.text, pages: value(size) / PAGE_SIZE }));
}

function nodesOf(machine: MachineDecl | undefined, value: Constant): MachineLayout['nodes'] {
  if (machine === undefined || machine.nodes.length === 0) return [{ zones: DEFAULT_ZONES }];
  const byId = new Map(machine.nodes.map((node) => [value(node.id), zonesOf(node, value)]));
  const count = Math.max(...byId.keys()) + 1;
  return Array.from({ length: count }, (_, id) => ({ zones: byId.get(id) ?? [] }));
}

/** The number of a device's driver. */
function driverNumber({ driver }: DeviceDecl, drivers: readonly Driver[]): number {
  return driver === undefined
    ? 0
    : Math.max(
        0,
        drivers.findIndex(({ name }) => name === driver.text),
      );
}

export const machineOf = (scenario: Scenario): MachineDecl | undefined =>
  scenario.items.find((item): item is MachineDecl => item.kind === 'machine');

/** The machine of a scenario, with defaults for what it does not say. */
export function layoutOf(
  scenario: Scenario,
  values: ReadonlyMap<string, number>,
  drivers: readonly Driver[],
): MachineLayout {
  const value = constants(values);
  const machine = machineOf(scenario);
  const devices: DeviceLayout[] = [];
  for (const item of scenario.items) {
    if (item.kind !== 'device') continue;
    devices.push({
      kind: item.type.text,
      pages: value(item.size) / PAGE_SIZE,
      node: value(item.node),
      driver: driverNumber(item, drivers),
      options: new Map(item.options.map((option) => [option.name.text, value(option.value)])),
    });
  }
  const cpus = machine?.cpus === undefined ? KNOWLEDGE.defaultCpus : value(machine.cpus);
  return { cpus, nodes: nodesOf(machine, value), devices, hugePages: value(machine?.hugepages) };
}

/** Pages of the swap area that is on from the start; 0 = none. */
export function swapPagesOf(scenario: Scenario, values: ReadonlyMap<string, number>): number {
  return constants(values)(machineOf(scenario)?.swap) / PAGE_SIZE;
}

/** The files of a scenario in the order of their names. */
export function filesOf(scenario: Scenario, values: ReadonlyMap<string, number>): FileLayout[] {
  const value = constants(values);
  return scenario.items.flatMap((item) =>
    item.kind === 'file'
      ? [
          {
            pages: value(item.size) / PAGE_SIZE,
            fill: item.fill === undefined ? undefined : value(item.fill),
          },
        ]
      : [],
  );
}

/** Who runs when, as the scenario's `schedule` says. Tasks that are none of the scenario's own never run. */
export function orderOf(
  scenario: Scenario,
  tasks: readonly string[],
  values: ReadonlyMap<string, number>,
): Order {
  const schedule = scenario.items.find((item): item is ScheduleDecl => item.kind === 'schedule');
  return schedule === undefined ? { kind: 'round-robin' } : scheduleOrder(schedule, tasks, values);
}

/** One schedule line as an order over the program's tasks. */
export function scheduleOrder(
  schedule: ScheduleDecl,
  tasks: readonly string[],
  values: ReadonlyMap<string, number>,
): Order {
  const value = constants(values);
  if (schedule.seed !== undefined) return { kind: 'seed', seed: value(schedule.seed) };
  const order = (entries: ScheduleDecl['entries']) =>
    entries.flatMap(({ task, times }) => {
      const name = Math.max(tasks.indexOf(task.text), tasks.indexOf(bottomHalfName(task.text)));
      return name < 0 ? [] : [{ name, times: times === undefined ? 1 : value(times) }];
    });
  return { kind: 'list', entries: order(schedule.entries), loop: order(schedule.loop) };
}
