import type * as vscode from 'vscode';
import type { PendingCpuFault, PendingDeviceFault, PendingFault } from '../protocol';
import type { Sessions } from './session';
import { StopTree } from './stop-tree';
import { collapsible, type Fact, factItem, factsOf, icon, line } from './tree-items';

/** A fault, or one fact about it. */
export type FaultElement = { kind: 'fault'; fault: PendingFault } | Fact;

function cpuFacts(fault: PendingCpuFault): [string, string][] {
  const facts: [string, string][] = [['in', `${fault.routine}: ${fault.step}`]];
  if (fault.waitingFor !== undefined) facts.push(['waits for', fault.waitingFor]);
  if (fault.heldBy !== undefined) facts.push(['held by', fault.heldBy]);
  facts.push(['retries', String(fault.retries)]);
  return facts;
}

const deviceFacts = (fault: PendingDeviceFault): [string, string][] => [
  ['process', fault.process],
  ['fault buffer', fault.slot === undefined ? 'full: waits for room' : `slot ${fault.slot}`],
  ['age', `${fault.age} steps`],
];

function factsAbout(fault: PendingFault): Fact[] {
  const own = fault.kind === 'cpu' ? cpuFacts(fault) : deviceFacts(fault);
  const shared: [string, string][] = [
    ['address', fault.address],
    ['access', fault.access],
    ['since', `time ${fault.since}`],
  ];
  return factsOf(fault.id, [...shared, ...own]);
}

/** What happens to the fault now, in a few words. */
function progress(fault: PendingFault): string {
  if (fault.kind === 'device') {
    const waits = fault.slot === undefined ? 'waits for room in the fault buffer' : 'not serviced';
    return `${waits} for ${fault.age} steps`;
  }
  if (fault.waitingFor === undefined) return `in ${fault.routine}`;
  const holder = fault.heldBy === undefined ? '' : `, held by ${fault.heldBy}`;
  return `waits for ${fault.waitingFor}${holder}`;
}

function faultItem(fault: PendingFault): vscode.TreeItem {
  const who = fault.kind === 'cpu' ? fault.task : fault.device;
  const label = `${who}: ${fault.access} ${fault.place ?? fault.address}`;
  const treeItem = line(fault.id, label, `${progress(fault)} · since ${fault.since}`, collapsible(true));
  treeItem.iconPath = icon(fault.kind === 'cpu' ? 'zap' : 'circuit-board');
  treeItem.contextValue = 'fault';
  return treeItem;
}

const item = (element: FaultElement): vscode.TreeItem =>
  element.kind === 'fault' ? faultItem(element.fault) : factItem(element);

/** Pending Faults: CPU faults inside `handle_mm_fault` and entries in the devices' fault buffers. */
export function pendingFaultsView(sessions: Sessions): StopTree<FaultElement> {
  return new StopTree<FaultElement>(sessions, {
    viewId: 'hmm.pendingFaults',
    whenEmpty: 'No fault is pending.',
    item,
    children: async (parent) => {
      if (parent?.kind === 'fault') return factsAbout(parent.fault);
      if (parent?.kind === 'fact') return [];
      const { faults } = await sessions.request('hmm/pendingFaults', {});
      return faults.map((fault) => ({ kind: 'fault', fault }));
    },
  });
}
