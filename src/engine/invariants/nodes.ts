/** Tables of page tables and mirrors: whose they are, and that they hang together (I1). */

import type { EntryRow, MmRow, NodeRow } from '../machine/ids';
import { ENTRIES, LEVEL_PGD, LEVEL_PTE } from '../machine/radix';
import type { CheckState } from './state';

/** The mm (> 0) or mirror (< 0) whose tree has this table at the top. */
function ownerOfRoot(s: CheckState, root: number): number {
  const { mm, devices } = s.kernel;
  for (const row of mm.mms.rows()) if (mm.pgd.get(row) === root) return row;
  for (const row of devices.mirrors.rows()) if (s.mirrorsOf(row).root.get(row) === root) return -row;
  return 0;
}

function ownerOfNode(s: CheckState, node: number): number {
  const { tables } = s.kernel;
  let at = node;
  for (let level = 0; level <= LEVEL_PGD; level++) {
    if (!tables.nodes.isLive(at)) return 0;
    const up = tables.parent.get(at);
    if (up === 0) return ownerOfRoot(s, at);
    if (tables.lo.get(up) !== 1 || tables.hi.get(up) !== at) return 0;
    at = tables.nodeOf(up as EntryRow);
  }
  return 0;
}

/** Takes up tables that came, went or moved; their entries are then looked at again. */
export function syncNodes(s: CheckState): void {
  const { node: marks } = s.marks;
  for (let i = 1; i <= marks.count; i++) syncNode(s, marks.at(i), i);
}

function syncNode(s: CheckState, node: number, place: number): void {
  const { tables } = s.kernel;
  const { owner, parent } = s.entries;
  const up = tables.parent.get(node);
  // A table below another one stays in its tree.
  if (up !== 0 && up === parent.get(node) && tables.nodes.isLive(node)) {
    const known = owner.get(node);
    if (known !== 0 && known === owner.get(tables.nodeOf(up as EntryRow))) return;
  }
  const now = ownerOfNode(s, node);
  if (now === owner.get(node) && up === parent.get(node)) return;
  owner.set(node, now);
  parent.set(node, up);
  const writer = s.marks.node.writer(place);
  const first = node * ENTRIES;
  const leaf = tables.level.get(node) === LEVEL_PTE;
  for (let entry = first; entry < first + ENTRIES; entry++) {
    if (tables.lo.get(entry) === 0 && s.entries.taken.get(entry) === 0) continue;
    s.marks.entry.follow(entry, writer);
    if (!leaf && tables.lo.get(entry) === 1) s.marks.node.follow(tables.hi.get(entry), writer);
  }
}

/** I1 for the tables that were written to, after their entries were counted. */
export function checkNodes(s: CheckState): void {
  const { node: marks } = s.marks;
  for (let i = 1; i <= marks.count; i++) {
    s.at('node', marks.at(i), marks.writer(i));
    checkNode(s, marks.at(i) as NodeRow);
  }
}

function checkNode(s: CheckState, node: NodeRow): void {
  const { tables } = s.kernel;
  const owner = s.entries.owner.get(node);
  if (!tables.nodes.isLive(node) || owner === 0) return;
  const involved = owner > 0 ? { mm: owner as MmRow } : { mirror: -owner };
  const used = tables.used.get(node);
  const counted = s.entries.used.get(node);
  if (used !== counted)
    s.broken(1, involved, `table ${node} says that ${used} of its entries are in use; ${counted} are`);
  const up = tables.parent.get(node);
  if (up === 0) return;
  const level = tables.level.get(tables.nodeOf(up as EntryRow));
  if (level !== tables.level.get(node) + 1)
    s.broken(
      1,
      involved,
      `table ${node} of level ${tables.level.get(node)} hangs below one of level ${level}`,
    );
}
