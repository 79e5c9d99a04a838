import * as vscode from 'vscode';
import type { Sessions } from './session';

/** How one of the sidebar's trees gets and shows its elements. */
export interface StopTreeSource<T> {
  viewId: string;
  /** Children in order; without an element the roots. */
  children(element: T | undefined): Promise<T[]> | T[];
  item(element: T): vscode.TreeItem;
  /** Text above a tree that has no roots although the session is stopped. */
  whenEmpty: string;
  /** After each stop: the elements from a root down to the one that is to be seen; empty for none. */
  reveal?(): Promise<readonly T[]>;
}

/**
 * A tree over the state of the stopped session. It is read again once per stop and only while it can be
 * seen; until then, and while the session runs, the last state stays, so that nothing flickers or collapses.
 */
export class StopTree<T> implements vscode.TreeDataProvider<T>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<undefined>();
  private readonly view: vscode.TreeView<T>;
  private readonly disposables: vscode.Disposable[];
  /** By the id of an element the one above it: of those that were read, and those on the way to a revealed one. */
  private readonly parents = new Map<string, T | undefined>();
  private stale = true;
  readonly onDidChangeTreeData = this.changes.event;

  constructor(
    private readonly sessions: Sessions,
    private readonly source: StopTreeSource<T>,
  ) {
    this.view = vscode.window.createTreeView(source.viewId, {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    this.disposables = [
      this.changes,
      this.view,
      this.view.onDidChangeVisibility(() => this.refreshIfSeen()),
      sessions.onDidStop(() => this.outdate()),
      sessions.onDidEnd(() => this.outdate()),
    ];
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  getTreeItem(element: T): vscode.TreeItem {
    return this.source.item(element);
  }

  getParent(element: T): T | undefined {
    return this.parents.get(this.idOf(element));
  }

  async getChildren(element?: T): Promise<T[]> {
    const children = await this.childrenNow(element);
    for (const child of children) this.parents.set(this.idOf(child), element);
    if (element === undefined) this.view.message = this.messageFor(children);
    return children;
  }

  /** Opens what stands above the last of these elements, and shows it; `focus` also moves the keyboard there. */
  async reveal(path: readonly T[], focus: boolean): Promise<void> {
    const last = path.at(-1);
    if (last === undefined) return;
    for (const [i, element] of path.entries()) this.parents.set(this.idOf(element), path[i - 1]);
    await this.view.reveal(last, { select: true, focus });
  }

  private idOf(element: T): string {
    return this.source.item(element).id ?? '';
  }

  private async childrenNow(element: T | undefined): Promise<T[]> {
    if (this.sessions.active === undefined) return [];
    try {
      return await this.source.children(element);
    } catch {
      return []; // the session went on or ended meanwhile; its next stop asks again
    }
  }

  private messageFor(roots: readonly T[]): string {
    return roots.length === 0 && this.sessions.isStopped ? this.source.whenEmpty : '';
  }

  private outdate(): void {
    this.stale = true;
    this.refreshIfSeen();
  }

  private refreshIfSeen(): void {
    if (!this.stale || !this.view.visible) return;
    this.stale = false;
    this.parents.clear();
    this.changes.fire(undefined);
    if (this.sessions.isStopped) void this.revealAfterStop();
  }

  private async revealAfterStop(): Promise<void> {
    try {
      await this.reveal((await this.source.reveal?.()) ?? [], false);
    } catch {
      // the session went on meanwhile, or the view was closed: its next stop asks again
    }
  }
}
