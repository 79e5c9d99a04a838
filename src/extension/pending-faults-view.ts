import type * as vscode from 'vscode';
import { faultFacts, faultLabel, faultProgress, type PendingFault } from '../protocol';
import type { Sessions } from './session';
import { StopTree } from './stop-tree';
import { collapsible, type Fact, factItem, factsOf, icon, line } from './tree-items';

/** A fault, or one fact about it. */
export type FaultElement = { kind: 'fault'; fault: PendingFault } | Fact;

function faultItem(fault: PendingFault): vscode.TreeItem {
  const description = `${faultProgress(fault)} · since ${fault.since}`;
  const treeItem = line(fault.id, faultLabel(fault), description, collapsible(true));
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
      if (parent?.kind === 'fault') return factsOf(parent.fault.id, faultFacts(parent.fault));
      if (parent?.kind === 'fact') return [];
      const { faults } = await sessions.request('hmm/pendingFaults', {});
      return faults.map((fault) => ({ kind: 'fault', fault }));
    },
  });
}
