/** What an editor knows of a scenario: functions over its text. The extension and the language server only carry them. */
export { COLOURS, type Colour, type Coloured, coloursOf } from './colours';
export { type Completion, completeAt } from './complete';
export { type Description, describeAt } from './describe';
export { type Fix, fixesFor } from './fixes';
export { type Fold, foldsOf } from './folding';
export { inlineExpressions } from './inline';
export { type Edit, referencesAt, renamableAt, renameAt } from './navigate';
export type { Occurrence } from './occurrences';
export { type Signature, signatureAt } from './signature';
export { SCENARIO_SNIPPET } from './snippets';
