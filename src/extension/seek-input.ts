import * as vscode from 'vscode';
import type { EventsResult, TimePosition } from '../protocol';
import { timeFrom } from './time-input';

interface Moment extends vscode.QuickPickItem {
  readonly time?: number;
}

/** The time that was typed, and the events that can be chosen instead. */
function momentsFor(text: string, position: TimePosition, { events, earlier }: EventsResult): Moment[] {
  const typed = timeFrom(text, position);
  const own: Moment[] =
    typed === undefined
      ? []
      : [{ label: text.trim(), description: `go to time ${typed}`, time: typed, alwaysShow: true }];
  const lost: Moment[] =
    earlier === 0
      ? []
      : [
          {
            label: `${earlier} earlier events are not listed`,
            kind: vscode.QuickPickItemKind.Separator,
          },
        ];
  return [
    ...own,
    ...lost,
    ...events.map(({ time, text: label }) => ({
      label,
      time,
      ...(time === position.time
        ? { description: 'now' }
        : time > position.time
          ? { description: 'ahead' }
          : {}),
    })),
  ];
}

/** Asks for a time: a number, a percentage, or one of the events that were recorded. */
export function askTime(position: TimePosition, recorded: EventsResult): Promise<number | undefined> {
  const { first, last, ended, time } = position;
  const range = ended ? `${first} to ${last}` : `${first} or more; ${last} have run`;
  const pick = vscode.window.createQuickPick<Moment>();
  pick.title = 'Seek to Time';
  pick.placeholder = `Steps (${range}), a percentage of what has run, or an event`;
  pick.matchOnDescription = true;
  pick.items = momentsFor('', position, recorded);
  const before = pick.items.filter((item) => item.time !== undefined && item.time <= time).at(-1);
  if (before !== undefined) pick.activeItems = [before];
  return new Promise((resolve) => {
    pick.onDidChangeValue((text) => {
      pick.items = momentsFor(text, position, recorded);
    });
    pick.onDidAccept(() => {
      // Who types fast accepts before the editor shows what fits: then the time that was typed is meant.
      const [active] = pick.activeItems;
      const isShown = active !== undefined && pick.items.includes(active);
      resolve(isShown ? active.time : timeFrom(pick.value, position));
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}
