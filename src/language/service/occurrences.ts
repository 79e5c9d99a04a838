/** Every name in a scenario, with what it names: the ground of references, renaming, highlights and colours. */

import type { Block, Name, ProcessDecl, Scenario, Statement } from '../ast';
import type { Span } from '../source';
import type { SymbolKind } from '../symbols';

/** A name where it stands. */
export interface Occurrence {
  readonly name: string;
  readonly span: Span;
  /** Equal for all places that name the same thing. */
  readonly thing: string;
  /** Missing where nothing of this name is declared. */
  readonly kind: SymbolKind | undefined;
  /** The name is given here. */
  readonly declares: boolean;
}

/** A member of a thing or a function that is called, where it stands. */
interface Mention {
  readonly span: Span;
  readonly kind: 'member' | 'function';
}

export interface Names {
  readonly occurrences: readonly Occurrence[];
  readonly mentions: readonly Mention[];
}

type Kinds = Map<string, SymbolKind>;

/** What a text has declared: for the whole scenario, and in each process with its children and threads. */
class Declared {
  readonly globals: Kinds = new Map();
  readonly pins: Kinds = new Map();
  readonly barriers: Kinds = new Map();
  readonly locals = new Map<ProcessDecl, Kinds>();
  /** Processes and children, by the process whose text they stand in: their members are its names. */
  readonly owners = new Map<string, ProcessDecl>();

  constructor(scenario: Scenario) {
    for (const item of scenario.items) {
      if (item.kind === 'device' || item.kind === 'file') this.globals.set(item.name.text, item.kind);
      if (item.kind === 'let') this.globals.set(item.name.text, 'value');
      if (item.kind !== 'process') continue;
      this.globals.set(item.name.text, 'process');
      this.owners.set(item.name.text, item);
      this.locals.set(item, new Map());
      this.block(item.body, item);
    }
  }

  private block({ statements }: Block, process: ProcessDecl): void {
    for (const statement of statements) this.statement(statement, process);
  }

  private statement(statement: Statement, process: ProcessDecl): void {
    const local = (name: Name, kind: SymbolKind): void => {
      this.locals.get(process)?.set(name.text, kind);
    };
    if (statement.kind === 'mmap') local(statement.name, 'buffer');
    if (statement.kind === 'let' || statement.kind === 'let-read') local(statement.name, 'value');
    if (statement.kind === 'repeat' && statement.as !== undefined) local(statement.as, 'value');
    if (statement.kind === 'pin' && statement.as !== undefined) this.pins.set(statement.as.text, 'pin');
    if (statement.kind === 'barrier') this.barriers.set(statement.name.text, 'barrier');
    if (statement.kind === 'thread') this.globals.set(statement.name.text, 'thread');
    if (statement.kind === 'fork') {
      this.globals.set(statement.name.text, 'child');
      this.owners.set(statement.name.text, process);
    }
    if ('body' in statement && statement.body !== undefined) this.block(statement.body, process);
  }
}

/** Fields of the tree that hold a name, besides `name` itself. */
const NAME_FIELDS: ReadonlySet<string> = new Set(['name', 'task', 'device', 'buffer', 'file', 'as']);

/** Nodes that give a name, with the field that holds it. */
const GIVES: Readonly<Record<string, string>> = {
  ...{ device: 'name', file: 'name', let: 'name', process: 'name', mmap: 'name', 'let-read': 'name' },
  ...{ fork: 'name', thread: 'name', repeat: 'as', pin: 'as' },
};

/** Any part of the tree, as the walk looks at it. */
interface Node {
  readonly kind?: unknown;
  readonly name?: unknown;
  readonly span?: unknown;
  readonly text?: unknown;
  readonly callee?: unknown;
  readonly object?: unknown;
  readonly member?: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;
const isName = (value: unknown): value is Name => isNode(value) && typeof value.text === 'string';

class Walk {
  readonly occurrences: Occurrence[] = [];
  readonly mentions: Mention[] = [];
  private readonly seenBarriers = new Set<string>();

  constructor(private readonly declared: Declared) {}

  node(node: Node, process: ProcessDecl | undefined): void {
    const kind = typeof node.kind === 'string' ? node.kind : '';
    if (kind === 'name' && typeof node.name === 'string') {
      this.add({ text: node.name, span: node.span as Span }, process, false);
      return;
    }
    if (kind === 'member') this.member(node, process);
    if (kind === 'call' && isName(node.callee))
      this.mentions.push({ span: node.callee.span, kind: 'function' });
    for (const [field, value] of Object.entries(node)) {
      if (field === 'member' || field === 'callee' || field === 'options') continue;
      if (Array.isArray(value)) for (const part of value) if (isNode(part)) this.node(part, process);
      if (!isNode(value) || Array.isArray(value)) continue;
      if (NAME_FIELDS.has(field) && isName(value)) this.named(kind, field, value, process);
      else this.node(value, process);
    }
  }

  private named(kind: string, field: string, name: Name, process: ProcessDecl | undefined): void {
    if (kind === 'switch') return;
    if (kind === 'barrier') {
      this.push(name, `barrier ${name.text}`, 'barrier', !this.seenBarriers.has(name.text));
      this.seenBarriers.add(name.text);
    } else if (kind === 'unpin' || kind === 'pin') {
      if (field === 'name' || field === 'as')
        this.push(name, `pin ${name.text}`, this.declared.pins.get(name.text), kind === 'pin');
      else this.add(name, process, false);
    } else {
      this.add(name, process, GIVES[kind] === field);
    }
  }

  /** `app.buf`: a name of that process. */
  private member(node: Node, process: ProcessDecl | undefined): void {
    const { object, member } = node;
    if (!isName(member)) return;
    const name = isNode(object) && object.kind === 'name' ? String(object.name) : '';
    const owner = this.declared.owners.get(name);
    const shadowed = process !== undefined && this.declared.locals.get(process)?.has(name) === true;
    const kind =
      owner === undefined || shadowed ? undefined : this.declared.locals.get(owner)?.get(member.text);
    if (owner !== undefined && kind !== undefined)
      this.push(member, `${owner.name.text} ${member.text}`, kind, false);
    else this.mentions.push({ span: member.span, kind: 'member' });
  }

  private add(name: Name, process: ProcessDecl | undefined, declares: boolean): void {
    const local = process && this.declared.locals.get(process)?.get(name.text);
    if (process !== undefined && local !== undefined)
      this.push(name, `${process.name.text} ${name.text}`, local, declares);
    else this.push(name, name.text, this.declared.globals.get(name.text), declares);
  }

  private push(name: Name, thing: string, kind: SymbolKind | undefined, declares: boolean): void {
    this.occurrences.push({ name: name.text, span: name.span, thing, kind, declares });
  }
}

/** All names of a scenario, in the order of the text. */
export function namesIn(scenario: Scenario): Names {
  const walk = new Walk(new Declared(scenario));
  for (const item of scenario.items) walk.node(item, item.kind === 'process' ? item : undefined);
  const order = (a: { span: Span }, b: { span: Span }): number => a.span.start - b.span.start;
  return { occurrences: walk.occurrences.sort(order), mentions: walk.mentions.sort(order) };
}
