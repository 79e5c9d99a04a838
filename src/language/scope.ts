import type { DeviceType } from './ast';
import type { Span } from './source';

/** A name of the whole scenario. */
export type GlobalSymbol =
  | { readonly kind: 'device'; readonly span: Span; readonly type: DeviceType }
  | { readonly kind: 'file'; readonly span: Span }
  | { readonly kind: 'value'; readonly span: Span; readonly value: number | undefined }
  | TaskSymbol;

/** A process, a forked child or a thread. */
export interface TaskSymbol {
  readonly kind: 'task';
  readonly span: Span;
  readonly role: 'process' | 'child' | 'thread';
  /** It has no statements of its own: `on` tells it what to do. */
  readonly idle: boolean;
}

/** A name of one process. */
export type LocalSymbol =
  | { readonly kind: 'buffer'; readonly span: Span; readonly pages: number | undefined }
  | {
      readonly kind: 'value';
      readonly span: Span;
      readonly value: number | undefined;
      readonly inherited?: boolean;
    };

/** How a symbol is called in a message. */
export function describeSymbol(symbol: GlobalSymbol | LocalSymbol): string {
  if (symbol.kind === 'task') return symbol.role === 'child' ? 'a child process' : `a ${symbol.role}`;
  return `a ${symbol.kind}`;
}

/** The names of one process as far as its text has been read. Threads share them; a child starts with a copy. */
export class Scope {
  private constructor(
    private readonly own: Map<string, LocalSymbol>,
    private readonly outer?: Scope,
  ) {}

  static empty(): Scope {
    return new Scope(new Map());
  }

  /** What a forked child starts with. */
  copy(): Scope {
    const names = new Map(this.outer === undefined ? [] : this.outer.copy().own);
    for (const [name, symbol] of this.own) {
      names.set(name, symbol.kind === 'value' ? { ...symbol, inherited: true } : symbol);
    }
    return new Scope(names);
  }

  /** The same names, with those of the task that tells this one what to do behind them. */
  seenFrom(outer: Scope): Scope {
    return new Scope(this.own, outer);
  }

  find(name: string): LocalSymbol | undefined {
    return this.own.get(name) ?? this.outer?.find(name);
  }

  findOwn(name: string): LocalSymbol | undefined {
    return this.own.get(name);
  }

  set(name: string, symbol: LocalSymbol): void {
    this.own.set(name, symbol);
  }

  delete(name: string): void {
    this.own.delete(name);
  }

  names(): string[] {
    return [...this.own.keys(), ...(this.outer?.names() ?? [])];
  }
}
