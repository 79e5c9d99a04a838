import * as vscode from 'vscode';
import type { ConditionCompletion } from '../language';

/** What there is to say of a condition as it stands; `accepted` is false where it can't be taken as it is. */
export interface Verdict {
  readonly text: string;
  readonly accepted: boolean;
}

/** How a condition is checked and completed while it is typed. */
export interface ConditionHelp {
  readonly title: string;
  readonly examples: readonly string[];
  check(condition: string): Promise<Verdict>;
  complete(condition: string): readonly ConditionCompletion[];
}

/** Completions that are offered at once. */
const MOST_OFFERED = 100;

type Item = vscode.QuickPickItem & { readonly whole?: string };

/** The condition as it stands, which Enter takes, then what it could become. */
function itemsFor(help: ConditionHelp, value: string, verdict: Verdict): Item[] {
  const own: Item = {
    label:
      value === '' ? '$(check) Stop at every call' : `$(${verdict.accepted ? 'check' : 'error'}) ${value}`,
    detail: verdict.text,
    alwaysShow: true,
  };
  if (value === '')
    return [
      own,
      { label: 'Examples', kind: vscode.QuickPickItemKind.Separator },
      ...help.examples.map((whole) => ({ label: whole, whole, alwaysShow: true })),
    ];
  const completions = help.complete(value).slice(0, MOST_OFFERED);
  return [
    own,
    { label: 'Could go on with', kind: vscode.QuickPickItemKind.Separator },
    ...completions.map(({ label, detail, whole }) => ({
      label,
      description: detail,
      whole,
      alwaysShow: true,
    })),
  ];
}

/** Asks for a condition; it is checked and completed while it is typed. Undefined where the user gives up. */
export function askCondition(help: ConditionHelp, initial: string): Promise<string | undefined> {
  const pick = vscode.window.createQuickPick<Item>();
  pick.title = help.title;
  pick.placeholder = 'An expression over the machine; empty stops at every call';
  pick.value = initial;
  /** The condition that the items are about: who types fast accepts before they are. */
  let shownFor: string | undefined;
  const update = async (value: string): Promise<void> => {
    const verdict = await help.check(value);
    if (pick.value !== value) return;
    shownFor = value;
    pick.items = itemsFor(help, value, verdict);
  };
  return new Promise((resolve) => {
    pick.onDidChangeValue(update);
    pick.onDidAccept(async () => {
      const { value } = pick;
      const whole = shownFor === value ? pick.activeItems[0]?.whole : undefined;
      if (whole !== undefined) {
        pick.value = whole;
        await update(whole);
      } else if ((await help.check(value)).accepted) {
        resolve(value.trim());
        pick.hide();
      }
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    void update(initial);
    pick.show();
  });
}
