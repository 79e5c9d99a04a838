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
}

/**
 * A tree over the state of the stopped session. It is read again once per stop and only while it can be
 * seen; until then, and while the session runs, the last state stays, so that nothing flickers or collapses.
 */
export class StopTree<T> implements vscode.TreeDataProvider<T>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<undefined>();
  private readonly view: vscode.TreeView<T>;
  private readonly disposables: vscode.Disposable[];
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

  async getChildren(element?: T): Promise<T[]> {
    const children = await this.childrenNow(element);
    if (element === undefined) this.view.message = this.messageFor(children);
    return children;
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
    this.changes.fire(undefined);
  }
}
