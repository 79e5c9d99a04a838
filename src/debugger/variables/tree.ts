/** Variables as a tree that is unfolded piece by piece, with references that stay the same from stop to stop. */

/** One line of the tree. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly type?: string;
  /** Expression that gives the same value in a watch. */
  readonly evaluateName?: string;
  readonly children?: Children;
  /** A page whose contents can be read: its row. */
  readonly page?: number;
}

/** What a variable unfolds to. Either all by name, or by number and asked for in pieces. */
export interface Children {
  readonly named?: () => readonly Variable[];
  /** Number of indexed children, and a piece of them. */
  readonly indexed?: number;
  readonly slice?: (start: number, count: number) => readonly Variable[];
}

/** More children than this are never made at once. */
const MOST_CHILDREN = 1000;

interface Node {
  readonly path: string;
  children: Children;
  /** The frame whose names the expressions below it use, as a client knows it. */
  frame: number | undefined;
  /** Stop at which it was last shown. */
  shown: number;
}

/** A variable with its reference; 0 where it has nothing below it. */
export interface Referenced extends Variable {
  readonly reference: number;
}

/**
 * References of variables. The same path gets the same reference for as long as it is shown at every stop or was at
 * the one before, which is what keeps an editor's tree unfolded while stepping.
 */
export class VariableTree {
  readonly #byPath = new Map<string, number>();
  readonly #nodes = new Map<number, Node>();
  readonly #cache = new Map<string, readonly Referenced[]>();
  #next = 1;
  #stop = 0;

  /** The machine has moved: forgets what was not shown at the last two stops. */
  moved(): void {
    this.#cache.clear();
    this.#stop++;
    for (const [reference, node] of this.#nodes) {
      if (node.shown >= this.#stop - 2) continue;
      this.#nodes.delete(reference);
      this.#byPath.delete(node.path);
    }
  }

  /** Reference of what a path unfolds to, in a frame. */
  reference(path: string, children: Children, frame?: number): number {
    const known = this.#byPath.get(path);
    const reference = known ?? this.#next++;
    this.#byPath.set(path, reference);
    this.#nodes.set(reference, { path, children, frame, shown: this.#stop });
    return reference;
  }

  /** Children of a reference; undefined for a reference that was never given out or is too old. */
  children(reference: number, start?: number, count?: number): readonly Referenced[] | undefined {
    const node = this.#nodes.get(reference);
    if (!node) return undefined;
    node.shown = this.#stop;
    const key = `${reference} ${start ?? ''} ${count ?? ''}`;
    const cached = this.#cache.get(key);
    if (cached) return cached;
    const made = childrenOf(node.children, start, count).map((variable) => this.#refer(node, variable));
    this.#cache.set(key, made);
    return made;
  }

  /** The frame that a reference was given out for. */
  frameOf(reference: number): number | undefined {
    return this.#nodes.get(reference)?.frame;
  }

  /** Whether a reference unfolds by number. */
  isIndexed(reference: number): boolean {
    return this.#nodes.get(reference)?.children.named === undefined;
  }

  #refer({ path, frame }: Node, variable: Variable): Referenced {
    const { children } = variable;
    const reference = children ? this.reference(`${path}/${variable.name}`, children, frame) : 0;
    return { ...variable, reference };
  }
}

function childrenOf(
  children: Children,
  start: number | undefined,
  count: number | undefined,
): readonly Variable[] {
  if (children.named) return children.named().slice(0, MOST_CHILDREN);
  const length = children.indexed ?? 0;
  const from = Math.min(Math.max(0, start ?? 0), length);
  const wanted = count === undefined || count <= 0 ? length - from : count;
  return children.slice?.(from, Math.min(wanted, length - from, MOST_CHILDREN)) ?? [];
}
