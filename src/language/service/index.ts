/** What an editor knows of a scenario: functions over its text. The extension and the language server only carry them. */
export { COLOURS, coloursOf } from './colours';
export { type Completion, completeAt } from './complete';
export { type ConditionCompletion, completeCondition, conditionProblem } from './condition';
export { describeAt } from './describe';
export { fixesFor } from './fixes';
export { foldsOf } from './folding';
export { inlineExpressions } from './inline';
export { referencesAt, renamableAt, renameAt } from './navigate';

export { signatureAt } from './signature';
export { SCENARIO_SNIPPET } from './snippets';
