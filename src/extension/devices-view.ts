import type * as vscode from 'vscode';
import type { DeviceState } from '../protocol';
import type { Sessions } from './session';
import { StopTree } from './stop-tree';
import { collapsible, type Fact, factItem, factsOf, icon, line } from './tree-items';

type Element = { kind: 'device'; device: DeviceState } | Fact;

function deviceItem({ name, type, used, total, failures, changed }: DeviceState): vscode.TreeItem {
  const parts = [type, `${used} of ${total} pages used`, ...failures];
  if (changed) parts.push('changed');
  const item = line(name, name, parts.join(' · '), collapsible(true));
  item.iconPath = icon(failures.length > 0 ? 'warning' : 'circuit-board', changed);
  return item;
}

const factsAbout = ({
  name,
  driver,
  start,
  end,
  used,
  free,
  counters,
  mirrors,
  failures,
}: DeviceState): Fact[] =>
  factsOf(name, [
    ['driver', driver],
    ['dev_pagemap', `${start}-${end}`],
    ['used', `${used} pages`],
    ['free', `${free} pages`],
    ...counters.map((counter): [string, string] => [counter.name, String(counter.value)]),
    ...mirrors.map(({ process, entries }): [string, string] => [`mirror of ${process}`, `${entries} pages`]),
    ['made to fail', failures.join(', ') || 'no'],
  ]);

/** Devices: their memory, and the failures that a scenario has injected. */
export function devicesView(sessions: Sessions): StopTree<Element> {
  return new StopTree<Element>(sessions, {
    viewId: 'hmm.devices',
    whenEmpty: 'The scenario has no device.',
    item: (element) => (element.kind === 'device' ? deviceItem(element.device) : factItem(element)),
    children: async (parent) => {
      if (parent?.kind === 'device') return factsAbout(parent.device);
      if (parent?.kind === 'fact') return [];
      const { devices } = await sessions.request('hmm/devices', {});
      return devices.map((device) => ({ kind: 'device', device }));
    },
  });
}
