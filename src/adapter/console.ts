/** What the Debug Console has been told, so that it can be told anew without what lies ahead again. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';

/** Of more entries than this only the newest are kept. */
const MOST_ENTRIES = 300;

/** VS Code empties its console where this comes. */
const CLEAR = '\u001b[2J';
const dimmed = (text: string): string => `\u001b[2m${text}\u001b[22m`;

type Output = Dap.OutputEvent['body'];

interface Entry {
  /** When it was said; -1: before there was a session. */
  readonly time: number;
  readonly output: Output;
  /** What the user has asked, and the answer: the client itself has shown it. */
  readonly isAnswer: boolean;
}

/**
 * The console of a client that has colours and can be emptied. The protocol can't take back a line, nor change one, so
 * after a way back all is told anew: what was told of later times is gone, as it will be told again when it comes. What
 * the user has asked in later times stays, dimmed: it was theirs, and it is not told again.
 */
export class ConsoleLog {
  #entries: Entry[] = [];
  #forgotten = 0;

  constructor(readonly emit: (output: Output) => void) {}

  say(output: Output, time: number): void {
    this.#keep({ time, output, isAnswer: false });
    this.emit(output);
  }

  asked(question: string, answer: string, time: number): void {
    const output = { category: 'console', output: `${question}\n${answer}\n` };
    this.#keep({ time, output, isAnswer: true });
  }

  /** Another session begins: what is on the screen is no longer ours to tell anew. */
  forget(): void {
    this.#entries = [];
    this.#forgotten = 0;
  }

  #keep(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#entries.length < 2 * MOST_ENTRIES) return;
    this.#entries.splice(0, MOST_ENTRIES);
    this.#forgotten += MOST_ENTRIES;
  }

  /** The session has gone back to `now`. */
  goBack(now: number): void {
    this.#entries = this.#entries.filter(({ time, isAnswer }) => isAnswer || time < now);
    const first = `${CLEAR}${this.#forgotten === 0 ? '' : `… ${this.#forgotten} earlier lines are no longer kept\n`}`;
    const shown = this.#entries.map(({ time, output, isAnswer }): Output => {
      if (!isAnswer || time <= now) return output;
      return { ...output, output: dimmed(`asked at time ${time}: ${output.output.trimEnd()}`).concat('\n') };
    });
    const last = { category: 'console', output: `Back at time ${now}: what comes after it is told again.\n` };
    for (const [i, output] of [...shown, last].entries())
      this.emit(i === 0 ? { ...output, output: first + output.output } : output);
  }
}
