/** Scenarios as programs that the engine runs. */
export { type Compilation, type CompileOptions, compileScenario } from './compile';
export type { Program, StatementInfo } from './program';
export type { Failure, Report } from './report';
export { buildRun, type Run, type RunOptions } from './run';
