/** Names that a block mentions anywhere: in ranges and in expressions. */

import type { Block } from '../language/ast';

/** A visit of everything below a tree's node that has a name to look up. */
function visit(node: unknown, found: Set<string>): void {
  if (Array.isArray(node)) {
    for (const item of node) visit(item, found);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  const { kind, name, buffer } = node as { kind?: unknown; name?: unknown; buffer?: { text?: unknown } };
  if (kind === 'name' && typeof name === 'string') found.add(name);
  if (kind === 'pages' && typeof buffer?.text === 'string') found.add(buffer.text);
  for (const value of Object.values(node)) visit(value, found);
}

export function mentioned(block: Block): ReadonlySet<string> {
  const found = new Set<string>();
  visit(block, found);
  return found;
}
