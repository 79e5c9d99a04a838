/** Scenarios as programs that the engine runs. */
export { type Compilation, type CompileOptions, compileScenario } from './compile';
export { leaks } from './leaks';
export type { Program, StatementInfo } from './program';

export { buildRun, type Run } from './run';
