/** The `.hmm` language: everything other rooms use of it. */
export { EvaluationError } from './arithmetic';
export type * from './ast';
export { analyseScenario, checkScenario } from './checker';
export type { Compiled } from './compiled';
export { type Diagnostic, diagnose, formatDiagnostic } from './diagnostics';
export { eachExpression } from './each-expression';
export { expectationsIn } from './expectations';
export { compileExpr, holds } from './expression';
export { formatScenario } from './formatter';
export { KNOWLEDGE } from './knowledge';
export { detailOf, functionDetail, membersOf } from './members';

export { parseExpression, parseLogMessage, parseScenario } from './parser';
export * from './service';
export { ERRNOS, SIGNALS } from './signals';
export { LineMap, type Position, type Span } from './source';
export { didYouMean } from './suggest';
export { definitionAt, type ScenarioSymbol, type SymbolKind, symbolsOf } from './symbols';
export {
  BOOLEAN,
  isList,
  listOf,
  type NameResolver,
  NUMBER,
  showValue,
  type Type,
  type Value,
} from './values';
