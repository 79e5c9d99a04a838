/** Questions about all that has run: as requests, and as words of the Debug Console. */

import { answerTo } from '../../debugger/history/answer';
import { biography } from '../../debugger/history/biography';
import { isQuestion, parseQuery } from '../../debugger/history/query';
import { vaOf } from '../../engine/machine/ids';
import type { Work } from '../../engine/time/work';
import type { BiographyArguments, HistoryTable } from '../../protocol';
import { subjectAt } from '../../view/environment';
import { RequestError } from '../errors';
import { request, type Stopped } from '../request';
import { placeAsked } from './page-tables';

/** Rows that the Debug Console shows. */
const MOST_IN_CONSOLE = 40;

function answered({ session }: Stopped, text: string): Work<HistoryTable> {
  const query = parseQuery(text);
  if (!query.ok) throw new RequestError(query.message);
  const answer = session.overHistory((watching, map) => answerTo(watching, map, query.value));
  if (!answer.ok) throw new RequestError(answer.message);
  return answer.value;
}

function lifeOf(adapter: Stopped, args: BiographyArguments): Work<HistoryTable> {
  const { session } = adapter;
  const place = placeAsked(adapter, args);
  if (place === undefined) throw new RequestError('Name a page or an address, such as buf[3].');
  const subject = subjectAt(session.debuggee.world, place.process, vaOf(place.vpn));
  return session.overHistory((watching, map) => biography(watching, map, subject));
}

/** Tells the newest rows of an answer, in columns, each with its link; answers what there is to say of them all. */
function told(adapter: Stopped, table: HistoryTable): string {
  const { title, columns, rows, note } = table;
  const shown = rows.slice(-MOST_IN_CONSOLE);
  const cells = shown.map(({ time, line, task, what, values }) => [
    String(time),
    line === 0 ? '' : `line ${line}`,
    task,
    ...values.map((value, at) => `${columns[at]} = ${value}`),
    what,
  ]);
  const lines = inColumns(cells);
  adapter.tell(shown.map(({ line, time }, at) => ({ text: lines[at] ?? '', line, time })));
  const count = rows.length === 1 ? '1 moment' : `${rows.length} moments`;
  return [
    `${title}: ${rows.length === 0 ? 'never' : count}`,
    ...(rows.length > shown.length
      ? [`the newest ${shown.length}; HMM: Ask the History shows all of them`]
      : []),
    ...(note === undefined ? [] : [note]),
  ].join('; ');
}

/** Rows in columns; the last one is as wide as it likes. */
function inColumns(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0)));
  const last = widths.length - 1;
  return table.map((row) =>
    row.map((cell, at) => (at === last ? cell : cell.padEnd(widths[at] ?? 0))).join('  '),
  );
}

const BIOGRAPHY = /^biography\s+(.+)$/s;

/** What the Debug Console answers to a question about history; undefined for any other text. */
export async function askedOfHistory(
  adapter: Stopped,
  text: string,
  frameId: number | undefined,
): Promise<string | undefined> {
  const [, expression] = BIOGRAPHY.exec(text) ?? [];
  const frame = frameId === undefined ? {} : { frameId };
  if (expression !== undefined)
    return told(adapter, await adapter.ask(lifeOf(adapter, { expression, ...frame })));
  return isQuestion(text) ? told(adapter, await adapter.ask(answered(adapter, text))) : undefined;
}

const stopped = { needs: 'stopped' } as const;

export const historyRequests = [
  request('hmm/history', stopped, (adapter, { query }) => adapter.ask(answered(adapter, query))),
  request('hmm/biography', stopped, (adapter, args) => adapter.ask(lifeOf(adapter, args))),
];
