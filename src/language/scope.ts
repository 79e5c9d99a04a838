import type { DeviceType } from './ast';
import type { Span } from './source';

/** A name of the whole scenario. */
export type GlobalSymbol =
  | { readonly kind: 'device'; readonly span: Span; readonly type: DeviceType; readonly driver: string }
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

/** Names that no longer change, over older ones. Copies share them, for a text may fork ten thousand times. */
interface Layer {
  /** Undefined: the name was taken away. */
  readonly names: ReadonlyMap<string, LocalSymbol | undefined>;
  readonly below?: Layer;
  readonly depth: number;
}

/** Layers that are looked through before they are made one. */
const MOST_LAYERS = 64;

function findIn(layer: Layer | undefined, name: string): LocalSymbol | undefined {
  for (let at = layer; at !== undefined; at = at.below) if (at.names.has(name)) return at.names.get(name);
  return undefined;
}

function merged(layer: Layer | undefined): Map<string, LocalSymbol> {
  const names = layer?.below === undefined ? new Map<string, LocalSymbol>() : merged(layer.below);
  for (const [name, symbol] of layer?.names ?? []) {
    if (symbol === undefined) names.delete(name);
    else names.set(name, symbol);
  }
  return names;
}

/** What a process has named: by itself, and before that what its parent had. */
class Names {
  private own = new Map<string, LocalSymbol | undefined>();
  private older: Layer | undefined;

  constructor(private readonly inherited?: Layer) {
    this.older = inherited;
  }

  get(name: string): LocalSymbol | undefined {
    const found = this.own.has(name) ? this.own.get(name) : findIn(this.older, name);
    const fromParent = found?.kind === 'value' && found === findIn(this.inherited, name);
    return fromParent ? { ...found, inherited: true } : found;
  }

  set(name: string, symbol: LocalSymbol | undefined): void {
    this.own.set(name, symbol);
  }

  all(): string[] {
    return [...merged({ names: this.own, depth: 0, ...(this.older ? { below: this.older } : {}) }).keys()];
  }

  /** The names as they are now, which a copy may begin with. */
  freeze(): Layer | undefined {
    if (this.own.size > 0) {
      const depth = (this.older?.depth ?? 0) + 1;
      const layer = { names: this.own, depth, ...(this.older ? { below: this.older } : {}) };
      this.older = depth > MOST_LAYERS ? { names: merged(layer), depth: 1 } : layer;
      this.own = new Map();
    }
    return this.older;
  }
}

/** The names of one process as far as its text has been read. Threads share them; a child starts with a copy. */
export class Scope {
  private constructor(
    private readonly own: Names,
    private readonly outer?: Scope,
  ) {}

  static empty(): Scope {
    return new Scope(new Names());
  }

  /** What a forked child starts with. */
  copy(): Scope {
    return new Scope(new Names(this.own.freeze()), this.outer?.copy());
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
    this.own.set(name, undefined);
  }

  names(): string[] {
    return [...this.own.all(), ...(this.outer?.names() ?? [])];
  }
}
