import { LineMap, type Position, type Span } from './source';

export type Severity = 'error' | 'warning';

/** Something wrong with a scenario's text, before it has a file and lines. */
export interface Problem {
  readonly span: Span;
  readonly severity: Severity;
  /** Stable and short, as in `unknown-name`. */
  readonly code: string;
  /** One sentence, without a full stop at its end. */
  readonly message: string;
}

/** A problem with its place as people read it. */
export interface Diagnostic extends Problem {
  readonly file: string;
  readonly start: Position;
  readonly end: Position;
}

/** More than this is not reported for one text: nobody reads further. */
export const MAX_PROBLEMS = 100;

/** Collects problems, at most one for each place and `MAX_PROBLEMS` in all. */
export class ProblemList {
  private readonly list: Problem[] = [];
  private readonly places = new Set<number>();

  error(code: string, message: string, span: Span): void {
    this.add({ severity: 'error', code, message, span });
  }

  warn(code: string, message: string, span: Span): void {
    this.add({ severity: 'warning', code, message, span });
  }

  add(problem: Problem): void {
    if (this.places.has(problem.span.start) || this.list.length >= MAX_PROBLEMS) return;
    this.places.add(problem.span.start);
    this.list.push(problem);
  }

  get problems(): readonly Problem[] {
    return this.list;
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
