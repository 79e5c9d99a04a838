/** Verdicts in words: a line for each record that differs, counts, causes, and one record's events side by side. */

import { showEvent } from './compare-events';
import type { Difference } from './compare-program';
import { type Divergence, showDivergence } from './divergence';
import type { Verdict } from './verdict';

/** The line of a record that differs or isn't supported; nothing for one that agrees. */
export function verdictLine(verdict: Verdict): string | undefined {
  if (verdict.kind === 'agree') return undefined;
  if (verdict.kind === 'unsupported')
    return `${verdict.file}:${verdict.line}: ${verdict.id}: not supported: ${verdict.reason}`;
  if (verdict.kind === 'known') return `${verdict.file}: ${verdict.id}: known to differ: ${verdict.reason}`;
  const { index, text, found } = verdict.difference;
  return `${verdict.id}#${index} ${text}: ${showDivergence(found[0])}`;
}

function count<T>(items: Iterable<T>, key: (item: T) => string): [key: string, items: T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return [...groups].sort((a, b) => b[1].length - a[1].length);
}

const isUnsupported = (verdict: Verdict) => verdict.kind === 'unsupported';
const isDifferent = (verdict: Verdict) => verdict.kind === 'differ';

/** Counts of the records, and of those not supported by operation. */
export function summary(verdicts: readonly Verdict[], seconds: number): string[] {
  const unsupported = verdicts.filter(isUnsupported);
  const differ = verdicts.filter(isDifferent);
  const known = verdicts.filter(({ kind }) => kind === 'known').length;
  const agree = verdicts.length - unsupported.length - differ.length - known;
  return [
    ...count(unsupported, ({ operation }) => operation).map(
      ([operation, records]) => `not supported: ${operation}: ${records.length}`,
    ),
    `${agree} agree, ${differ.length} differ, ${known} known to differ, ${unsupported.length} not supported (${seconds.toFixed(1)} s)`,
  ];
}

/** How many examples a cause shows. */
const EXAMPLES = 4;

/** Divergences grouped by operation and field, the most frequent first, with the first example in words. */
export function causes(verdicts: readonly Verdict[]): string[] {
  const groups = count(
    verdicts.filter(isDifferent),
    ({ difference }) => `${difference.operation} · ${difference.found[0].level} ${difference.found[0].field}`,
  );
  return groups.flatMap(([cause, records]) => {
    const shortest = [...records].sort((a, b) => a.difference.index - b.difference.index);
    const ids = shortest.slice(0, EXAMPLES).map(({ id, difference }) => `${id}#${difference.index}`);
    const example = shortest[0]?.difference;
    const words = example === undefined ? '' : `${example.text}: ${showDivergence(example.found[0])}`;
    return [`${String(records.length).padStart(5)}  ${cause}`, `       ${words}`, `       ${ids.join(' ')}`];
  });
}

const WIDTH = 100;
const clip = (text: string): string =>
  (text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text).padEnd(WIDTH);

/** The events of the operation that differs, kernel left and engine right; the first difference is marked. */
function sideBySide({ recorded, events, found }: Difference): string[] {
  const at = found.find((divergence) => divergence.event !== undefined)?.event;
  const length = Math.max(recorded.events.length, events.length);
  return Array.from({ length }, (_, i) => {
    const kernel = recorded.events[i];
    const engine = events[i];
    const left = clip(kernel === undefined ? '' : showEvent(kernel));
    const right = engine === undefined ? '' : `${showEvent(engine)} @${engine.time}`;
    return `${i === at ? '>' : ' '} ${left} | ${right}`;
  });
}

/** Everything that differs in the first operation of a record that does. */
export function details(verdict: Verdict): string[] {
  if (verdict.kind === 'agree') return [`${verdict.id} agrees`];
  if (verdict.kind === 'unsupported') return [verdictLine(verdict) ?? ''];
  const { difference } = verdict;
  const list = (level: Divergence['level']): string[] =>
    difference.found.filter((found) => found.level === level).map((found) => `  ${showDivergence(found)}`);
  return [
    `${verdict.id}#${difference.index} ${difference.text}`,
    `kernel: ${JSON.stringify(difference.recorded.result)}`,
    ...(['result', 'state', 'event'] as const).flatMap(list),
    '',
    `  ${clip('kernel')} | engine`,
    ...sideBySide(difference),
  ];
}
