/** Statements that take a range and nothing else, as nodes of a routine. */

import type { RangeStatement } from '../language/ast';
import type { RangeStatementKind } from '../language/statements/range-statements';
import { readNodes } from './access-statements';
import type { Body } from './context';
import { contextAccessNodes } from './context-statements';
import type { ScenarioNode } from './frame';
import { mlockNodes, munmapNodes } from './memory-statements';
import { pageReferenceNodes, reclaimNodes } from './page-statements';

type Compile = (body: Body, statement: RangeStatement) => ScenarioNode[];

const COMPILE: Readonly<Record<RangeStatementKind, Compile>> = {
  munmap: munmapNodes,
  mlock: mlockNodes,
  munlock: mlockNodes,
  read: (body, statement) => (body.device === 0 ? readNodes : contextAccessNodes)(body, statement),
  get_page: pageReferenceNodes,
  put_page: pageReferenceNodes,
  reclaim: reclaimNodes,
};

export const isRangeStatement = (statement: { readonly kind: string }): statement is RangeStatement =>
  Object.hasOwn(COMPILE, statement.kind);

export function rangeStatementNodes(body: Body, statement: RangeStatement): ScenarioNode[] {
  return COMPILE[statement.kind](body, statement);
}
