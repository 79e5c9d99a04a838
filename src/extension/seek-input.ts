import * as vscode from 'vscode';
import type { EventsResult, TimePosition } from '../protocol';
import type { Bookmark } from './bookmark-list';
import { timeFrom } from './time-input';

interface Moment extends vscode.QuickPickItem {
  readonly time?: number;
}

/** The bookmarks of the scenario at hand. */
export interface Marked {
  readonly all: readonly Bookmark[];
  remove(time: number): Promise<void>;
}

const REMOVE: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('trash'),
  tooltip: 'Remove Bookmark',
};

const heading = (label: string): Moment => ({ label, kind: vscode.QuickPickItemKind.Separator });

function marked(bookmarks: readonly Bookmark[]): Moment[] {
  if (bookmarks.length === 0) return [];
  const items = bookmarks.map(({ time, note }) => ({
    label: `$(bookmark) ${note === '' ? `time ${time}` : note}`,
    description: `time ${time}`,
    time,
    buttons: [REMOVE],
  }));
  return [heading('Bookmarks'), ...items, heading('Events')];
}

/** The time that was typed, and the bookmarks and events that can be chosen instead. */
function momentsFor(
  text: string,
  position: TimePosition,
  bookmarks: readonly Bookmark[],
  { events, earlier }: EventsResult,
): Moment[] {
  const typed = timeFrom(text, position);
  const own: Moment[] =
    typed === undefined
      ? []
      : [{ label: text.trim(), description: `go to time ${typed}`, time: typed, alwaysShow: true }];
  const lost: Moment[] = earlier === 0 ? [] : [heading(`${earlier} earlier events are not listed`)];
  return [
    ...own,
    ...marked(bookmarks),
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

/** Asks for a time: a number, a percentage, a bookmark, or one of the events that were recorded. */
export function askTime(
  position: TimePosition,
  bookmarks: Marked,
  recorded: EventsResult,
): Promise<number | undefined> {
  const { first, last, ended, time } = position;
  const range = ended ? `${first} to ${last}` : `${first} or more; ${last} have run`;
  const pick = vscode.window.createQuickPick<Moment>();
  pick.title = 'Seek to Time';
  pick.placeholder = `Steps (${range}), a percentage of what has run, a bookmark or an event`;
  pick.matchOnDescription = true;
  const list = (): void => {
    pick.items = momentsFor(pick.value, position, bookmarks.all, recorded);
  };
  list();
  const events = pick.items.filter(({ buttons }) => buttons === undefined);
  const before = events.filter((item) => item.time !== undefined && item.time <= time).at(-1);
  if (before !== undefined) pick.activeItems = [before];
  return new Promise((resolve) => {
    pick.onDidChangeValue(list);
    pick.onDidTriggerItemButton(async ({ item }) => {
      if (item.time === undefined) return;
      await bookmarks.remove(item.time);
      list();
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
