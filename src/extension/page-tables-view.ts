import * as vscode from 'vscode';
import type { PageTableEntryKind, PageTableLevel, PageTableNode } from '../protocol';
import { command } from './command';
import type { PageLinks } from './picture-links';
import { frameInFocus, type Sessions } from './session';
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
  pud: 'table',
  pmd: 'table',
  pte: 'symbol-field',
  run: 'list-flat',
  field: 'symbol-constant',
};

function item(node: PageTableNode): vscode.TreeItem {
  const outer = node.level === 'process' || node.level === 'vma';
  const news = node.changed ? ['changed'] : [];
  const description = [node.description, ...news].filter((part) => part !== '').join(' · ');
  const treeItem = line(node.id, node.label, description, collapsible(node.hasChildren, outer));
  const name = node.entry === undefined ? levelIcons[node.level] : entryIcons[node.entry];
  treeItem.iconPath = icon(node.faulting ? 'zap' : name, node.changed || node.faulting);
  treeItem.contextValue = contextOf(node);
  if (node.tooltip !== undefined) treeItem.tooltip = new vscode.MarkdownString(node.tooltip);
  return treeItem;
}

/** What the menus ask of a row: `entry` has a page, `.place` a name in expressions. */
function contextOf(node: PageTableNode): string {
  const kind = node.entry === undefined ? node.level : 'entry';
  return [kind, ...(node.address ? ['address'] : []), ...(node.place ? ['place'] : [])].join('.');
}

/** A row of Page Tables that names an address, as a menu's command gets it. */
interface Addressed {
  process: string;
  address: string;
  place?: string;
}

function addressed(node: PageTableNode | undefined): Addressed {
  if (node?.address === undefined) throw new Error('Choose a row of Page Tables that has an address.');
  const { process, address, place } = node;
  return { process, address, ...(place === undefined ? {} : { place }) };
}

const nameOf = ({ place, address }: Addressed): string => place ?? address;

async function say(text: string): Promise<void> {
  vscode.debug.activeDebugConsole.appendLine(text);
  await vscode.commands.executeCommand('workbench.debug.action.focusRepl');
}

async function copy(text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage(`${text} is on the clipboard.`, 4000);
}

/** Asks for an expression until it gives a place, and returns the way there. */
async function askForPlace(sessions: Sessions): Promise<PageTableNode[]> {
  let path: PageTableNode[] = [];
  const expression = await vscode.window.showInputBox({
    title: 'Go to Address or Page',
    prompt: 'A page, a page of a buffer, or an address',
    placeHolder: 'buf[100000], pfn(0x3fff4), 0x7f0000003000, page',
    validateInput: async (text) => {
      if (text.trim() === '') return undefined;
      try {
        ({ path } = await sessions.request('hmm/locate', { expression: text, ...frameInFocus() }));
        return path.length > 0 ? undefined : 'Nothing is mapped there.';
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
  });
  return expression === undefined || expression.trim() === '' ? [] : path;
}

/** Lists the entries that name a row's page, and goes to the one that is chosen. */
async function chooseMapping(sessions: Sessions, at: Addressed): Promise<PageTableNode[]> {
  const { mappings } = await sessions.request('hmm/mappings', at);
  if (mappings.length === 0) throw new Error(`There is no page at ${nameOf(at)}.`);
  const items = mappings.map((mapping) => ({
    label: `${mapping.process}: ${mapping.place ?? mapping.address}`,
    description: mapping.entry,
    mapping,
  }));
  const title = `Who Maps the Page of ${nameOf(at)}`;
  const chosen = await vscode.window.showQuickPick(items, { title, matchOnDescription: true });
  if (chosen === undefined) return [];
  const { process, address } = chosen.mapping;
  return (await sessions.request('hmm/locate', { process, address })).path;
}

/** The view with its commands, and the links that lead to an entry of it. */
export interface PageTablesView extends Omit<PageLinks, 'biography'> {
  tree: StopTree<PageTableNode>;
  disposables: vscode.Disposable[];
}

/** Page Tables: process, VMA, the tables, runs of like entries and the fields of one, read lazily. */
export function pageTablesView(sessions: Sessions): PageTablesView {
  let fault = '';
  const tree = new StopTree<PageTableNode>(sessions, {
    viewId: 'hmm.pageTables',
    whenEmpty: 'No process is running.',
    item,
    children: async (parent) => {
      const args = parent === undefined ? {} : { parent: parent.id };
      return (await sessions.request('hmm/pageTables', args)).nodes;
    },
    reveal: async () => {
      const { path } = await sessions.request('hmm/locate', {});
      const entry = path.at(-1);
      const now = entry === undefined ? '' : `${sessions.active?.id} ${entry.id}`;
      const isNew = now !== fault;
      fault = now;
      return isNew ? path : [];
    },
  });
  const go = async (path: readonly PageTableNode[], focus = true): Promise<void> => {
    if (path.length === 0) return;
    if (focus) await vscode.commands.executeCommand('hmm.pageTables.focus');
    await tree.reveal(path, focus);
  };
  const why = async (at: Addressed): Promise<void> => say((await sessions.request('hmm/why', at)).text);
  const disposables = [
    tree,
    command('hmm.goToPage', async () => go(await askForPlace(sessions))),
    command('hmm.whyPage', (node: PageTableNode | undefined) => why(addressed(node))),
    command('hmm.whoMapsPage', async (node: PageTableNode | undefined) =>
      go(await chooseMapping(sessions, addressed(node))),
    ),
    command('hmm.watchPage', async (node: PageTableNode | undefined) => {
      const evaluateName = nameOf(addressed(node));
      await vscode.commands.executeCommand('debug.addToWatchExpressions', { variable: { evaluateName } });
    }),
    command('hmm.copyAddress', (node: PageTableNode | undefined) => copy(addressed(node).address)),
    command('hmm.copyEntry', async (node: PageTableNode | undefined) =>
      copy(node === undefined ? '' : `${node.label} ${node.description}`),
    ),
  ];
  return {
    tree,
    disposables,
    open: async (process, address, focus) =>
      go((await sessions.request('hmm/locate', { process, address })).path, focus),
    openFrame: async (pfn, focus) =>
      go((await sessions.request('hmm/locate', { expression: `pfn(${pfn})` })).path, focus),
    why: (process, address) => why({ process, address }),
  };
}
