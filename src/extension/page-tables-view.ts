import * as vscode from 'vscode';
import type { PageTableEntryKind, PageTableLevel, PageTableNode } from '../protocol';
import type { Sessions } from './session';
import { StopTree } from './stop-tree';
import { collapsible, icon, line } from './tree-items';

const entryIcons: Record<PageTableEntryKind, string> = {
  present: 'symbol-field',
  'zero-page': 'symbol-null',
  'device-private': 'circuit-board',
  'device-exclusive': 'lock',
  migration: 'sync',
  swap: 'archive',
  hwpoison: 'error',
  marker: 'bookmark',
  none: 'circle-outline',
};

const levelIcons: Record<PageTableLevel, string> = {
  process: 'server-process',
  vma: 'symbol-array',
  pgd: 'table',
  p4d: 'table',
  pud: 'table',
  pmd: 'table',
  pte: 'symbol-field',
};

function item(node: PageTableNode): vscode.TreeItem {
  const outer = node.level === 'process' || node.level === 'vma';
  const news = node.changed ? ['changed'] : [];
  const description = [node.description, ...news].filter((part) => part !== '').join(' · ');
  const treeItem = line(node.id, node.label, description, collapsible(node.hasChildren, outer));
  treeItem.iconPath = icon(
    node.entry === undefined ? levelIcons[node.level] : entryIcons[node.entry],
    node.changed,
  );
  treeItem.contextValue = node.address === undefined ? node.level : `${node.level}.address`;
  if (node.tooltip !== undefined) treeItem.tooltip = new vscode.MarkdownString(node.tooltip);
  return treeItem;
}

/** Page Tables: process, VMA, then the tables down to the entries, read lazily. */
export function pageTablesView(sessions: Sessions): StopTree<PageTableNode> {
  return new StopTree<PageTableNode>(sessions, {
    viewId: 'hmm.pageTables',
    whenEmpty: 'No process is running.',
    item,
    children: async (parent) => {
      const args = parent === undefined ? {} : { parent: parent.id };
      return (await sessions.request('hmm/pageTables', args)).nodes;
    },
  });
}
