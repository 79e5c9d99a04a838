import * as vscode from 'vscode';

/** A collapsible state from whether there are children. */
export function collapsible(hasChildren: boolean, expanded = false): vscode.TreeItemCollapsibleState {
  if (!hasChildren) return vscode.TreeItemCollapsibleState.None;
  return expanded ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed;
}

/** An icon; on a changed element in the colour of changed values, which the text repeats in words. */
export function icon(name: string, changed = false): vscode.ThemeIcon {
  const colour = changed ? new vscode.ThemeColor('notificationsWarningIcon.foreground') : undefined;
  return new vscode.ThemeIcon(name, colour);
}

/** One named fact about an element of a tree; a line without children. */
export interface Fact {
  kind: 'fact';
  id: string;
  name: string;
  value: string;
}

/** The facts below the element of that id. */
export function factsOf(id: string, facts: readonly (readonly [string, string])[]): Fact[] {
  return facts.map(([name, value]) => ({ kind: 'fact', id: `${id}/${name}`, name, value }));
}

/** A line of a tree: stable id, name, description, and both read out together. */
export function line(
  id: string,
  name: string,
  description: string,
  state: vscode.TreeItemCollapsibleState,
): vscode.TreeItem {
  const item = new vscode.TreeItem(name, state);
  item.id = id;
  item.description = description;
  // Narrow side bars cut rows off.
  item.tooltip = description === '' ? name : `${name}\n${description}`;
  item.accessibilityInformation = { label: `${name}, ${description}` };
  return item;
}

/** How a fact is shown. */
export const factItem = ({ id, name, value }: Fact): vscode.TreeItem =>
  line(id, name, value, collapsible(false));
