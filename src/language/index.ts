/** The `.hmm` language: everything other rooms use of it. */
export { EvaluationError } from './arithmetic';
export type * from './ast';
export { analyseScenario, type Checked, type CheckOptions, checkScenario } from './checker';
export { constantOf } from './constant';
export { type Diagnostic, diagnose, formatDiagnostic, type Problem, type Severity } from './diagnostics';
export { type Expecting, expectationsIn } from './expectations';
export { type Compiled, compileExpr, holds } from './expression';
export { formatScenario } from './formatter';
export { type Feature, KNOWLEDGE, type Knowledge } from './knowledge';
export { detailOf, functionDetail, type MemberItem, membersOf } from './members';
export { PAGE_SIZE, showSize } from './numbers';
export { type Parsed, parseExpression, parseLogMessage, parseScenario } from './parser';
export * from './service';
export { ERRNOS, SIGNAL_CODES, SIGNALS } from './signals';
export { cover, LineMap, type Position, type Span } from './source';
export { didYouMean, nearest } from './suggest';
export { definitionAt, type ScenarioSymbol, type SymbolKind, symbolsOf } from './symbols';
export {
  type Accessor,
  ANY,
  type Binding,
  BOOLEAN,
  type CallBinding,
  type Handle,
  isList,
  listOf,
  type NameResolver,
  NONE,
  NUMBER,
  STRING,
  showValue,
  type Type,
  type Value,
} from './values';
