import { readable } from './characters';
import { LineMap, type Position, type Span } from './source';

type Severity = 'error' | 'warning';

/** Something wrong with a scenario's text, before it has a file and lines. */
export interface Problem {
  readonly span: Span;
  readonly severity: Severity;
  /** Stable and short, as in `unknown-name`. */
  readonly code: string;
  /** One sentence, without a full stop at its end. */
  readonly message: string;
  /** What would mend it, where that is not the suggested word in place of the whole span. */
  readonly fix?: { readonly span: Span; readonly text: string };
}

/** A problem with its place as people read it. */
export interface Diagnostic extends Problem {
  readonly file: string;
  readonly start: Position;
  readonly end: Position;
}

/** More than this is not reported for one text, of each severity: nobody reads further. */
const MAX_PROBLEMS = 100;

/** Collects problems, at most one for each place and `MAX_PROBLEMS` of each severity. An error takes a warning's place. */
export class ProblemList {
  private readonly errors = new Map<number, Problem>();
  private readonly warnings = new Map<number, Problem>();

  error(code: string, message: string, span: Span): void {
    this.add({ severity: 'error', code, message, span });
  }

  warn(code: string, message: string, span: Span): void {
    this.add({ severity: 'warning', code, message, span });
  }

  add(problem: Problem): void {
    const list = problem.severity === 'error' ? this.errors : this.warnings;
    const { start } = problem.span;
    if (this.errors.has(start) || list.has(start) || list.size >= MAX_PROBLEMS) return;
    if (list === this.errors) this.warnings.delete(start);
    list.set(start, { ...problem, message: readable(problem.message) });
  }

  /** No further error would be reported, so there is no use in looking for one. */
  get full(): boolean {
    return this.errors.size >= MAX_PROBLEMS;
  }

  get problems(): readonly Problem[] {
    return [...this.errors.values(), ...this.warnings.values()];
  }
}

/** Problems in the order of the text, with file, line and column. */
export function locate(problems: readonly Problem[], file: string, lines: LineMap): Diagnostic[] {
  return [...problems]
    .sort((a, b) => a.span.start - b.span.start)
    .map((p) => ({
      ...p,
      file,
      start: lines.position(p.span.start),
      end: lines.position(p.span.end),
    }));
}

/** `file:line:column: message`, the form editors and terminals link to. */
export function formatDiagnostic(d: Diagnostic): string {
  const kind = d.severity === 'warning' ? 'warning: ' : '';
  return `${d.file}:${d.start.line}:${d.start.column}: ${kind}${d.message}`;
}

/** The problems of a text, located, for one file. */
export function diagnose(problems: readonly Problem[], file: string, text: string): Diagnostic[] {
  return locate(problems, file, new LineMap(text));
}
