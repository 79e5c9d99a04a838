import * as vscode from 'vscode';
import type { Zone, ZoneCounter, ZoneNode } from '../protocol';
import type { Sessions } from './session';
import { collapsible, icon, StopTree } from './stop-tree';

/** Counters that a zone's own line sums up. */
const summary = ['free', 'spanned', 'present', 'managed'];

type Element =
  | { kind: 'node'; node: ZoneNode }
  | { kind: 'zone'; zone: Zone }
  | { kind: 'counter'; counter: ZoneCounter };

const changedIn = (zone: Zone): number =>
  zone.counters.filter((counter) => counter.previous !== undefined).length;

function describe(
  id: string,
  label: string,
  description: string,
  treeItem: vscode.TreeItem,
): vscode.TreeItem {
  treeItem.id = id;
  treeItem.description = description;
  treeItem.accessibilityInformation = { label: `${label}, ${description}` };
  return treeItem;
}

function nodeItem(node: ZoneNode): vscode.TreeItem {
  const label = `Node ${node.node}`;
  const treeItem = new vscode.TreeItem(label, collapsible(true, true));
  const changed = node.zones.some((zone) => changedIn(zone) > 0);
  treeItem.iconPath = icon('server', changed);
  return describe(node.id, label, `${node.zones.length} zones${changed ? ' · changed' : ''}`, treeItem);
}

function zoneItem(zone: Zone): vscode.TreeItem {
  const treeItem = new vscode.TreeItem(zone.name, collapsible(zone.counters.length > 0));
  const shown = zone.counters.filter((counter) => summary.includes(counter.name));
  const changed = changedIn(zone);
  const parts = shown.map((counter) => `${counter.name} ${counter.value}`);
  if (changed > 0) parts.push(`${changed} changed`);
  treeItem.iconPath = icon(zone.name === 'Device' ? 'circuit-board' : 'database', changed > 0);
  return describe(zone.id, zone.name, parts.join(' · '), treeItem);
}

function counterItem(counter: ZoneCounter): vscode.TreeItem {
  const treeItem = new vscode.TreeItem(counter.name, collapsible(false));
  const changed = counter.previous !== undefined;
  const value = changed ? `${counter.value} · changed, was ${counter.previous}` : `${counter.value}`;
  treeItem.iconPath = icon('symbol-number', changed);
  return describe(counter.id, counter.name, value, treeItem);
}

function item(element: Element): vscode.TreeItem {
  if (element.kind === 'node') return nodeItem(element.node);
  return element.kind === 'zone' ? zoneItem(element.zone) : counterItem(element.counter);
}

/** Zones: the counters of /proc/zoneinfo by node and zone. */
export function zonesView(sessions: Sessions): StopTree<Element> {
  return new StopTree<Element>(sessions, {
    viewId: 'hmm.zones',
    whenEmpty: 'The machine has no memory yet.',
    item,
    children: async (parent) => {
      if (parent === undefined) {
        const { nodes } = await sessions.request('hmm/zones', {});
        return nodes.map((node) => ({ kind: 'node', node }));
      }
      if (parent.kind === 'node') return parent.node.zones.map((zone) => ({ kind: 'zone', zone }));
      if (parent.kind === 'zone')
        return parent.zone.counters.map((counter) => ({ kind: 'counter', counter }));
      return [];
    },
  });
}
