import type * as vscode from 'vscode';
import type { DeviceState, MirrorRun } from '../protocol';
import type { Sessions } from './session';
import { StopTree } from './stop-tree';
import { collapsible, type Fact, factItem, factsOf, icon, line } from './tree-items';

/** A group below a device: a mirror, its free list, its fault buffer. */
interface Group {
  kind: 'group';
  id: string;
  name: string;
  description: string;
  icon: string;
  children: Element[];
}

/** Like entries of a device's table for a process. */
interface Run {
  kind: 'run';
  id: string;
  run: MirrorRun;
}

type Element = { kind: 'device'; device: DeviceState } | Group | Run | Fact;

/** What a command on a mirror's row gets. */
export const mirrorOf = (element: unknown): { device: string; process: string } | undefined => {
  const id = (element as Partial<Group> | undefined)?.id;
  const [, device, process] = /^([^/]+)\/mirror\/([^/]+)$/.exec(id ?? '') ?? [];
  return device === undefined || process === undefined ? undefined : { device, process };
};

function deviceItem({ name, type, used, total, failures, changed }: DeviceState): vscode.TreeItem {
  const parts = [type, `${used} of ${total} pages used`, ...failures];
  if (changed) parts.push('changed');
  const item = line(name, name, parts.join(' · '), collapsible(true, true));
  item.iconPath = icon(failures.length > 0 ? 'warning' : 'circuit-board', changed);
  item.contextValue = 'device';
  return item;
}

function groupItem({ id, name, description, icon: name_, children }: Group): vscode.TreeItem {
  const item = line(id, name, description, collapsible(children.length > 0, mirrorOf({ id }) !== undefined));
  item.iconPath = icon(name_);
  item.contextValue = mirrorOf({ id }) === undefined ? 'group' : 'mirror';
  return item;
}

function runItem({ id, run }: Run): vscode.TreeItem {
  const { place, access, page, cpu, differs, pages } = run;
  const words = [
    differs === undefined ? access : `≠ ${differs}`,
    ...(differs === undefined ? [] : [access]),
    page,
  ];
  const item = line(id, place, words.join(' · '), collapsible(false));
  item.iconPath = icon(differs === undefined ? 'symbol-field' : 'warning', differs !== undefined);
  item.contextValue = 'run';
  const more = pages === 1 ? '' : `, and ${pages - 1} more pages`;
  item.tooltip = `device: ${access}, ${page}${more}\nCPU: ${cpu}${differs === undefined ? '' : `\n${differs}`}`;
  return item;
}

const some = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function factsAbout(device: DeviceState): Fact[] {
  const { name, driver, start, end, used, free, counters, failures } = device;
  return factsOf(name, [
    ...(failures.length === 0 ? [] : [['made to fail', failures.join(', ')] as [string, string]]),
    ['used', `${used} pages, ${free} free`],
    ...counters.map((counter): [string, string] => [counter.name, String(counter.value)]),
    ['driver', driver],
    ['dev_pagemap', `${start}-${end}`],
  ]);
}

async function below(sessions: Sessions, device: DeviceState): Promise<Element[]> {
  const { name } = device;
  if (device.driver === 'none') return factsAbout(device);
  const { mirrors, freeList, untouched, faults } = await sessions.request('hmm/device', { device: name });
  const tables = mirrors.map(({ process, runs }): Group => {
    const id = `${name}/mirror/${process}`;
    const pages = runs.reduce((sum, run) => sum + run.pages, 0);
    const differing = runs.filter(({ differs }) => differs !== undefined).length;
    const description = `${some(pages, 'page')}${differing === 0 ? '' : ` · ≠ ${some(differing, 'range')} of the CPU's table`}`;
    const children = runs.map((run): Run => ({ kind: 'run', id: `${id}/${run.address}`, run }));
    return { kind: 'group', id, name: `mirror of ${process}`, description, icon: 'list-tree', children };
  });
  const free: Group = {
    kind: 'group',
    id: `${name}/free list`,
    name: 'free list',
    description: `${freeList.length === 64 ? 'more than 64' : freeList.length} · ${untouched} never handed out`,
    icon: 'list-ordered',
    children: factsOf(
      `${name}/free list`,
      freeList.map((pfn, at) => [pfn, at === 0 ? 'handed out next' : '']),
    ),
  };
  const buffer: Group[] =
    faults.length === 0
      ? []
      : [
          {
            kind: 'group',
            id: `${name}/fault buffer`,
            name: 'fault buffer',
            description: some(faults.length, 'fault'),
            icon: 'zap',
            children: factsOf(
              `${name}/fault buffer`,
              faults.map((fault) => [fault, '']),
            ),
          },
        ];
  return [...tables, ...buffer, free, ...factsAbout(device)];
}

function itemOf(element: Element): vscode.TreeItem {
  if (element.kind === 'device') return deviceItem(element.device);
  if (element.kind === 'group') return groupItem(element);
  return element.kind === 'run' ? runItem(element) : factItem(element);
}

/** Devices: what their drivers know, first of all the device's own page table of each process. */
export function devicesView(sessions: Sessions): StopTree<Element> {
  return new StopTree<Element>(sessions, {
    viewId: 'hmm.devices',
    whenEmpty: 'The scenario has no device.',
    item: itemOf,
    children: async (parent) => {
      if (parent?.kind === 'device') return below(sessions, parent.device);
      if (parent?.kind === 'group') return parent.children;
      if (parent !== undefined) return [];
      const { devices } = await sessions.request('hmm/devices', {});
      return devices.map((device) => ({ kind: 'device', device }));
    },
  });
}
