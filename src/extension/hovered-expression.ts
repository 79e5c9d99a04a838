/** A name with what selects from it: `buf[3].page.refcount`, `gpu0.free`, `zone.Device.spanned`. */
const path = /[A-Za-z_]\w*(?:\[[^\]\n]*\]|\.\w+)*/g;

/** Start and end column (from 0, the end exclusive) of an expression in a line, and the name it begins with. */
export interface HoveredExpression {
  start: number;
  end: number;
  root: string;
}

/**
 * The expression that a person means who points at a column of a line: from the name at its beginning
 * to the part under the mouse, so that `page` in `buf[3].page.refcount` means `buf[3].page`.
 * Pointing into brackets means what stands in them.
 */
export function hoveredExpression(line: string, column: number): HoveredExpression | undefined {
  const code = line.replace(/#.*/, '');
  for (const match of code.matchAll(path)) {
    const [text] = match;
    const start = match.index;
    if (column < start || column >= start + text.length) continue;
    const brackets = [...text.matchAll(/\[([^\]\n]*)\]/g)];
    const inside = brackets.find(
      (b) => column > start + b.index && column < start + b.index + b[0].length - 1,
    );
    if (inside !== undefined) {
      const offset = start + inside.index + 1;
      const inner = hoveredExpression(inside[1] ?? '', column - offset);
      return inner && { ...inner, start: inner.start + offset, end: inner.end + offset };
    }
    const rest = /^\.?[\w\]]*/.exec(text.slice(column - start))?.[0].length ?? 0;
    const end = column + Math.max(rest, 1);
    return { start, end, root: /^\w+/.exec(text)?.[0] ?? '' };
  }
  return undefined;
}
