/** Lines that a function's head may take in kernel style. */
const headLines = 8;

/**
 * Line (from 0) where a C function is defined: its name at a head that begins in the first column, followed by a body
 * and not by a semicolon. Undefined where the file has no such function.
 */
export function definitionLine(text: string, routine: string): number | undefined {
  const lines = text.split('\n');
  const name = new RegExp(`\\b${routine}\\s*\\(`);
  const isDefined = (at: number): boolean => {
    const head = lines.slice(at, at + headLines).join('\n');
    return /^[^;{]*\{/.test(head.slice(head.search(name)));
  };
  const found = lines.findIndex((line, at) => /^[A-Za-z_]/.test(line) && name.test(line) && isDefined(at));
  return found < 0 ? undefined : found;
}
