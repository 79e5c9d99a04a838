import type { DeviceType, Expr, MachineDecl, Name, Scenario, Word } from './ast';
import { constantOf } from './constant';
import type { ProblemList } from './diagnostics';
import { type DriverWords, type Feature, type Knowledge, SINCE } from './knowledge';
import { knownNames } from './known-names';
import { PAGE_SIZE, showSize } from './numbers';
import { describeSymbol, type GlobalSymbol, type Scope, type TaskSymbol } from './scope';
import type { LineMap, Span } from './source';
import { didYouMean } from './suggest';
import type { NameResolver } from './values';
import { noSuchProfile } from './versions';

/** What the checks of one scenario share: its global names, the place reached, and where problems go. */
export class CheckContext {
  readonly globals = new Map<string, GlobalSymbol>();
  /** Scopes of idle children and threads that have begun. */
  readonly started = new Map<string, Scope>();
  /** Barrier name to the tasks whose text holds it, and the place of its first use. */
  readonly barriers = new Map<string, { readonly tasks: Set<string>; readonly span: Span; open: boolean }>();
  /** Where buffers and values are defined, and the process whose text that is. */
  readonly definitions: { readonly name: Name; readonly within: Span }[] = [];
  /** Buffers and values of all processes. */
  readonly variables = new Map<string, 'buffer' | 'value'>();
  /** Profiles the statement at hand can run under. */
  profiles: readonly string[];
  cpus: number;
  nodes = 1;

  constructor(
    readonly scenario: Scenario,
    readonly problems: ProblemList,
    readonly lines: LineMap,
    readonly knowledge: Knowledge,
    profile: string,
  ) {
    this.profiles = [profile];
    this.cpus = knowledge.defaultCpus;
  }

  error(code: string, message: string, span: Span): void {
    this.problems.error(code, message, span);
  }

  warn(code: string, message: string, span: Span): void {
    this.problems.warn(code, message, span);
  }

  /** Declares a global name; a second declaration is an error that says where the first is. */
  declare(name: Name, symbol: GlobalSymbol): void {
    const earlier = this.globals.get(name.text);
    if (earlier !== undefined) this.alreadyNamed(name, describeSymbol(earlier), earlier.span);
    else if (this.knowledge.names.has(name.text)) this.machineName(name);
    else this.globals.set(name.text, symbol);
  }

  alreadyNamed(name: Name, what: string, span: Span): void {
    const line = this.lines.position(span.start).line;
    this.error('duplicate', `\`${name.text}\` is already the name of ${what} (line ${line})`, name.span);
  }

  machineName(name: Name): void {
    this.error(
      'duplicate',
      `\`${name.text}\` means a part of the machine in expressions; choose another name`,
      name.span,
    );
  }

  /** What to say of a name that is defined only further down in the same process; empty where it is not. */
  definedLater(name: Name): string {
    const inside = (outer: Span): boolean => outer.start <= name.span.start && name.span.end <= outer.end;
    const later = this.definitions.find(
      (d) => d.name.text === name.text && d.name.span.start > name.span.start && inside(d.within),
    );
    if (later === undefined) return '';
    return `; it is defined only later, on line ${this.lines.position(later.name.span.start).line}`;
  }

  device(name: Name): DeviceType | undefined {
    const symbol = this.globals.get(name.text);
    if (symbol?.kind === 'device') return symbol.type;
    this.unknown(name, 'device', symbol);
    return undefined;
  }

  /** What the driver of a device, or the driver of this name, is to the language. */
  driverWords(name: Name): { readonly driver: string; readonly words: DriverWords } | undefined {
    const symbol = this.globals.get(name.text);
    const driver = symbol?.kind === 'device' ? symbol.driver : name.text;
    const words = this.knowledge.drivers.get(driver);
    return words && { driver, words };
  }

  /** Whether a name is that of a driver and of nothing in the scenario. */
  isDriver(name: Name): boolean {
    return this.knowledge.drivers.has(name.text) && !this.globals.has(name.text);
  }

  task(name: Name): TaskSymbol | undefined {
    const symbol = this.globals.get(name.text);
    if (symbol?.kind === 'task') return symbol;
    this.unknown(name, 'task', symbol);
    return undefined;
  }

  file(name: Name): void {
    const symbol = this.globals.get(name.text);
    if (symbol?.kind !== 'file') this.unknown(name, 'file', symbol);
  }

  private unknown(name: Name, kind: 'device' | 'task' | 'file', found: GlobalSymbol | undefined): void {
    const what = kind === 'task' ? 'process or thread' : kind;
    if (found !== undefined) {
      this.error('wrong-kind', `\`${name.text}\` is ${describeSymbol(found)}, not a ${what}`, name.span);
      return;
    }
    const names = [...this.globals].filter(([, symbol]) => symbol.kind === kind).map(([text]) => text);
    const none = names.length === 0 ? `; the scenario has no ${what}` : '';
    this.error(
      'unknown-name',
      `there is no ${what} \`${name.text}\`${didYouMean(name.text, names) || none}`,
      name.span,
    );
  }

  /** Reports a profile that there is not. */
  checkProfile({ text, span }: Word): void {
    const { profiles, releases } = this.knowledge;
    if (profiles.has(text) || releases.has(text)) return;
    this.error('unknown-profile', noSuchProfile(text, [...profiles.keys()]), span);
  }

  /** Reports a feature that one of the profiles in question does not have. */
  need(feature: Feature, what: string, span: Span): void {
    const without = this.profiles.find((p) => this.knowledge.profiles.get(p)?.has(feature) === false);
    if (without === undefined) return;
    this.error('not-in-profile', `${what} needs Linux ${SINCE[feature]}; this runs under ${without}`, span);
  }

  /** What names mean at a place, to say which members they have. */
  names(scope: Scope | undefined): NameResolver<unknown> {
    return knownNames({
      find: (name) => scope?.find(name) ?? this.globals.get(name),
      all: () => [...(scope?.names() ?? []), ...this.globals.keys()],
      constant: (name) => {
        const symbol = scope?.find(name) === undefined ? this.globals.get(name) : undefined;
        return symbol?.kind === 'value' ? symbol.value : undefined;
      },
      variables: () => this.variables,
      counters: () => [...this.knowledge.drivers.values()].flatMap(({ counters }) => counters),
    });
  }

  /** The number an expression always has, where that is known. */
  constant(expr: Expr, scope?: Scope): number | undefined {
    return constantOf(expr, (name) => {
      const symbol = scope?.find(name) ?? this.globals.get(name);
      return symbol?.kind === 'value' ? symbol.value : undefined;
    });
  }

  /** Checks a size: more than nothing, whole units, at most `limit` bytes. Gives its value where it is known. */
  size(expr: Expr, scope: Scope | undefined, limits: SizeLimits): number | undefined {
    const bytes = this.constant(expr, scope);
    if (bytes === undefined) {
      this.unknownNumber(expr, scope, `the size of ${limits.what}`);
      return undefined;
    }
    const unit = limits.unit ?? PAGE_SIZE;
    if (bytes <= 0) {
      this.error('bad-size', limits.empty, expr.span);
    } else if (bytes > limits.most) {
      this.error(
        'bad-size',
        `${limits.what} of ${showSize(bytes)} is more than ${limits.why} (${showSize(limits.most)})`,
        expr.span,
      );
    } else if (bytes % unit !== 0) {
      const near = Math.max(unit, Math.round(bytes / unit) * unit);
      const message = `${showSize(bytes)} is not a multiple of ${showSize(unit)}; the nearest is ${showSize(near)}`;
      this.error('bad-size', message, expr.span);
    } else {
      return bytes;
    }
    return undefined;
  }

  /** Checks a whole number between two bounds. */
  between(
    expr: Expr,
    scope: Scope | undefined,
    what: string,
    least: number,
    most: number,
  ): number | undefined {
    const value = this.constant(expr, scope);
    if (value === undefined) this.unknownNumber(expr, scope, what);
    if (value === undefined || (value >= least && value <= most && Number.isInteger(value))) return value;
    this.error('out-of-range', `${what} is between ${least} and ${most}, not ${value}`, expr.span);
    return undefined;
  }

  /** A number outside of every process is there before anything runs: it can't depend on what the run does. */
  private unknownNumber(expr: Expr, scope: Scope | undefined, what: string): void {
    if (scope === undefined)
      this.error('not-constant', `${what} must be known before the run begins`, expr.span);
  }

  /** Takes the numbers of CPUs and nodes from the machine. */
  useMachine(machine: MachineDecl): void {
    if (machine.cpus !== undefined)
      this.cpus = this.between(machine.cpus, undefined, 'the number of CPUs', 1, 64) ?? this.cpus;
    this.nodes = Math.max(1, machine.nodes.length);
  }
}

export interface SizeLimits {
  /** What has this size, as in `a mapping`. */
  readonly what: string;
  /** The message where it is nothing. */
  readonly empty: string;
  readonly most: number;
  /** What the greatest size is, as in `the address space`. */
  readonly why: string;
  /** 4KiB where nothing is said. */
  readonly unit?: number;
}
