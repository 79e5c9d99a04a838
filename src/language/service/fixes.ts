/** Quick fixes: what a message proposes, as an edit. */

import type { Diagnostic } from '../diagnostics';
import { suggestionIn } from '../suggest';
import type { Edit } from './navigate';

export interface Fix {
  readonly title: string;
  readonly edit: Edit;
  readonly diagnostic: Diagnostic;
}

/** For each problem that names the nearest right word: that word in place of the wrong one. */
export function fixesFor(diagnostics: readonly Diagnostic[]): Fix[] {
  return diagnostics.flatMap((diagnostic) => {
    const { message, span, fix } = diagnostic;
    const text = suggestionIn(message);
    const edit = fix ?? (text === undefined ? undefined : { span, text });
    return edit === undefined ? [] : [{ title: `Change to \`${edit.text.trim()}\``, edit, diagnostic }];
  });
}
