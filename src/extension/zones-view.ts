import type * as vscode from 'vscode';
import type { Zone, ZoneCounter, ZoneNode } from '../protocol';
import type { Sessions } from './session';
import { StopTree } from './stop-tree';
import { collapsible, icon, line } from './tree-items';
import { sizeOfPages, zoneSummary } from './zone-words';

type Element =
  | { kind: 'node'; node: ZoneNode }
  | { kind: 'zone'; zone: Zone }
  | { kind: 'counter'; counter: ZoneCounter };

const changedIn = (zone: Zone): number =>
  zone.counters.filter((counter) => counter.previous !== undefined).length;

function nodeItem({ id, node, zones }: ZoneNode): vscode.TreeItem {
  const changed = zones.some((zone) => changedIn(zone) > 0);
  const count = zones.filter(({ id: zone }) => !zone.endsWith('/stats')).length;
  const description = `${count} ${count === 1 ? 'zone' : 'zones'}${changed ? ' · changed' : ''}`;
  const item = line(id, `Node ${node}`, description, collapsible(true, true));
  item.iconPath = icon('server', changed);
  return item;
}

function zoneItem(zone: Zone): vscode.TreeItem {
  const { id, name, counters } = zone;
  const changed = changedIn(zone);
  const summary = zoneSummary(zone);
  const parts = [...(summary === '' ? [] : [summary]), ...(changed > 0 ? [`${changed} changed`] : [])];
  const item = line(id, name, parts.join(' · '), collapsible(counters.length > 0));
  item.iconPath = icon(name === 'Device' ? 'circuit-board' : 'database', changed > 0);
  if (!id.endsWith('/stats')) item.contextValue = 'zone';
  return item;
}

function counterItem({ id, name, value, previous }: ZoneCounter): vscode.TreeItem {
  const changed = previous !== undefined;
  const size = value === 0 ? '0' : `${value} pages, ${sizeOfPages(value)}`;
  const description = changed ? `${size} · changed, was ${previous}` : size;
  const item = line(id, name, description, collapsible(false));
  item.iconPath = icon('symbol-number', changed);
  return item;
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
