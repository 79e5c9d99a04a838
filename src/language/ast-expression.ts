import type { Span } from './source';

/** A name where it is declared or used. */
export interface Name {
  readonly text: string;
  readonly span: Span;
}

/** A word out of a closed list (`anon`, `dontneed`, …), with its place. */
export interface Word<T extends string = string> {
  readonly text: T;
  readonly span: Span;
}

/** An expression: of `expect`, a size, an address, a condition, a watch. */
export type Expr =
  | NumberExpr
  | StringExpr
  | BoolExpr
  | NoneExpr
  | NameExpr
  | MemberExpr
  | IndexExpr
  | SliceExpr
  | CallExpr
  | ListExpr
  | UnaryExpr
  | BinaryExpr;

/** An integer or a size, whole and at most 2^53; `4 pages` is 16384. NaN where the number had an error. */
interface NumberExpr {
  readonly kind: 'number';
  readonly span: Span;
  readonly value: number;
}

interface StringExpr {
  readonly kind: 'string';
  readonly span: Span;
  readonly value: string;
}

interface BoolExpr {
  readonly kind: 'bool';
  readonly span: Span;
  readonly value: boolean;
}

/** `none`: there is no such thing (no page, no VMA). */
interface NoneExpr {
  readonly kind: 'none';
  readonly span: Span;
}

interface NameExpr {
  readonly kind: 'name';
  readonly span: Span;
  readonly name: string;
}

interface MemberExpr {
  readonly kind: 'member';
  readonly span: Span;
  readonly object: Expr;
  readonly member: Name;
}

interface IndexExpr {
  readonly kind: 'index';
  readonly span: Span;
  readonly object: Expr;
  readonly index: Expr;
}

/** `buf[0..4]`, half open; either bound may be missing. */
interface SliceExpr {
  readonly kind: 'slice';
  readonly span: Span;
  readonly object: Expr;
  readonly first?: Expr;
  readonly end?: Expr;
}

/** `pte(buf + 0x3000)`; `why buf[3]`, which is `why(buf[3])`; `gpu0.mirror(buf[3])`, a function of the `object`. */
export interface CallExpr {
  readonly kind: 'call';
  readonly span: Span;
  readonly object?: Expr;
  readonly callee: Name;
  readonly args: readonly Expr[];
}

interface ListExpr {
  readonly kind: 'list';
  readonly span: Span;
  readonly items: readonly Expr[];
}

type UnaryOp = '-' | '~' | 'not';

interface UnaryExpr {
  readonly kind: 'unary';
  readonly span: Span;
  readonly op: UnaryOp;
  readonly operand: Expr;
}

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>';
export type CompareOp = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type BinaryOp = ArithmeticOp | CompareOp | 'and' | 'or' | 'in';

export interface BinaryExpr {
  readonly kind: 'binary';
  readonly span: Span;
  readonly op: BinaryOp;
  readonly left: Expr;
  readonly right: Expr;
}

/**
 * What a statement works on.
 * - `pages`: pages of a named buffer, half open: `buf` (neither bound), `buf[3]` (`single`, only `first`),
 *   `buf[2..5]`, `buf[2..]`, `buf[..5]`. The name may also be a value that holds an address: then it is
 *   one page, unless pages are named.
 * - `address`: any expression that gives an address: `buf + 0x3010`, `0x1000000000 for 8KiB`. Without `size` it is
 *   the page that holds the address, at that byte.
 */
export type Range = PagesRange | AddressRange;

export interface PagesRange {
  readonly kind: 'pages';
  readonly span: Span;
  readonly buffer: Name;
  readonly single: boolean;
  readonly first?: Expr;
  readonly end?: Expr;
  /** `past end`: the author means to go past the buffer's end. */
  readonly pastEnd: boolean;
}

export interface AddressRange {
  readonly kind: 'address';
  readonly span: Span;
  readonly address: Expr;
  readonly size?: Expr;
  readonly pastEnd: boolean;
}

/** What a statement is expected to end in. At least one field is there; all that are there must hold. */
export interface Outcome {
  readonly span: Span;
  readonly status?: OutcomeStatus;
  readonly data?: OutcomeData;
  /** Pages done, as the driver reports them. */
  readonly cpages?: Expr;
  /** Device faults, as the driver reports them. */
  readonly faults?: Expr;
}

export type OutcomeStatus =
  | { readonly kind: 'ok'; readonly span: Span }
  | { readonly kind: 'errno'; readonly span: Span; readonly name: string; readonly number: number }
  | {
      readonly kind: 'signal';
      readonly span: Span;
      readonly name: string;
      readonly number: number;
      /** si_code. */
      readonly code?: Expr;
      readonly at?: Expr;
    };

/** One value for every page (`rising`: page k has the value plus k), or a list with one value a page. */
export type OutcomeData =
  | { readonly kind: 'each'; readonly span: Span; readonly value: Expr; readonly rising: boolean }
  | { readonly kind: 'list'; readonly span: Span; readonly items: readonly OutcomeItem[] };

/** `0x22` or `0x22 times 3` in an expected list. */
export interface OutcomeItem {
  readonly span: Span;
  readonly value: Expr;
  readonly times?: Expr;
}

/** A text with expressions in braces: of `print`, and of a log message at a breakpoint. */
export type TemplatePart = { readonly text: string } | { readonly expr: Expr };
