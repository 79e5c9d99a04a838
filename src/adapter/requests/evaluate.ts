/** Watches, hovers and the debug console. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import { evaluationProblem } from '../../debugger/condition';
import { QUESTIONS } from '../../debugger/history/query';
import { pageChildren } from '../../debugger/variables/page';
import { NOT_SET_YET } from '../../debugger/variables/scopes';
import { shownValue, valueVariable } from '../../debugger/variables/values';
import type { PageRow, ProcessRow } from '../../engine/machine/ids';
import { detailOf, functionDetail, membersOf, showValue, type Type, type Value } from '../../language';
import {
  environment,
  isSet,
  ledgerLines,
  localOf,
  placeAt,
  type Scene,
  subjectAt,
  whyStayed,
} from '../../view/environment';
import { waitsText } from '../../view/wait-graph';
import { RequestError } from '../errors';
import type { Args } from '../protocol';
import { request, type Stopped } from '../request';
import { sceneOfFrame } from '../scene';
import { watchable } from './changes';
import { askedOfHistory } from './history';
import { memoryReference } from './memory';
import { explainAsked } from './why';

/** What the Debug Console answers to `help`. */
const HELP = [
  'Ask for anything a condition or an expect may say:',
  '  buf[3].page.refcount   buf[0..4].page.zone   pte(buf[3])   pfn(0x100)   gpu0.free   zone.Normal.free',
  '  app.buf[3] of another process, A.state of a thread, callbacks.page_fault, time, profile',
  '  page, address, device, ret, flags and the names under Locals: of the frame in focus',
  '  holders(buf[3])   who holds its page, since when, and the count that a migration expects',
  '  why buf[3]   where a page is and what brought it there',
  '  biography buf[3]   all that has happened to the page there',
  '  calls page_fault where page.refcount > 2 show address   each time in all that has run; also hits line 9,',
  '               events page_free, changes gpu0.free, writes pte(buf[3]); between 200 and 900 limits the times',
  '  last write gpu0.free   back to the step that changed it last; next write: on to the next one',
  '  waits        who waits for whom',
  '  schedule     the schedule that ran up to now, for a schedule line or launch.json',
  'Names and members are completed while you type.',
].join('\n');

/** Words of the Debug Console that are no expressions. */
const WORDS: ReadonlyMap<string, (adapter: Stopped) => string | Promise<string>> = new Map<
  string,
  (adapter: Stopped) => string | Promise<string>
>([
  ['help', () => HELP],
  ['waits', ({ session }) => waitsText(session.debuggee.world)],
  ['schedule', (adapter) => adapter.ask(adapter.session.scheduleThatRan())],
]);

/** Goes to a change of an expression: `last write gpu0.free`, `next write buf[3]`. */
const WRITE_WORDS = /^(last|next) write\b\s*(.*)$/s;

/** The answer to these words; undefined for any other text. */
function goToWrite(adapter: Stopped, text: string, frameId: number | undefined): string | undefined {
  const [, which, expression = ''] = WRITE_WORDS.exec(text) ?? [];
  if (which === undefined) return undefined;
  const of = watchable(adapter, expression, frameId);
  const { session } = adapter;
  if (which === 'last') adapter.go(session.lastWrite(of), 'backwards');
  else adapter.go(session.nextWrite(of));
  return `To the ${which} change of ${of.text}.`;
}

/** Holders that a hover names. */
const MOST_IN_HOVER = 4;

/** What a hover over a page says besides: who holds it. */
function heldBy({ world }: Scene, page: PageRow): string {
  const lines = ledgerLines(world, page);
  const count = lines.pop();
  const more = lines.length - MOST_IN_HOVER;
  const shown = [...lines.slice(0, MOST_IN_HOVER), ...(more > 0 ? [`${more} more`] : [])];
  return [` · ${count}`, ...shown.map((line) => ` · held by ${line}`)].join('');
}

/** What a hover over a page of a buffer, or over a page, says besides: its holders, and why it stayed where it is. */
function besides(scene: Scene, type: Type<Scene>, value: Value): string {
  if (typeof value !== 'number') return '';
  if (type.family === 'page') return value === 0 ? '' : heldBy(scene, value as PageRow);
  if (type.family !== 'place') return '';
  const { process, va } = placeAt(value);
  const { page } = subjectAt(scene.world, process, va);
  return `${stayedAt(scene, process, va)}${page === 0 ? '' : heldBy(scene, page as PageRow)}`;
}

function stayedAt(scene: Scene, process: ProcessRow, va: number): string {
  const reason = whyStayed(scene, process, va);
  return reason === undefined ? '' : ` · ${reason}`;
}

async function evaluate(adapter: Stopped, args: Args<'evaluate'>): Promise<Dap.EvaluateResponse['body']> {
  const text = args.expression.trim();
  if (text === '') throw new RequestError('There is nothing to evaluate.');
  const whole = args.context === 'clipboard' || args.context === 'repl';
  const word = whole ? WORDS.get(text) : undefined;
  if (word !== undefined) return { result: await word(adapter), variablesReference: 0 };
  const going = args.context === 'repl' ? goToWrite(adapter, text, args.frameId) : undefined;
  if (going !== undefined) return { result: going, variablesReference: 0 };
  const told = args.context === 'repl' ? await askedOfHistory(adapter, text, args.frameId) : undefined;
  if (told !== undefined) return { result: told, variablesReference: 0 };
  const { world } = adapter.session.debuggee;
  const { scene, routine } = sceneOfFrame(adapter, args.frameId);
  const compiled = adapter.view.compile(text, routine);
  let value: Value;
  try {
    const explained = whole ? await explainAsked(adapter, text, routine, scene) : undefined;
    value = explained ?? compiled.evaluate(scene);
  } catch (error) {
    throw new RequestError(evaluationProblem(error));
  }
  if (!value && routine && localOf(routine, text) && !isSet(routine, text, scene))
    return { result: NOT_SET_YET, type: compiled.type.name, variablesReference: 0 };
  const shown = valueVariable(text, value, compiled.type, scene, text);
  const children =
    compiled.type.family === 'page' && typeof value === 'number'
      ? pageChildren(world, value as PageRow, text)
      : shown.children;
  const path = `eval ${scene.task} ${routine?.id ?? -1} ${text}`;
  const inFull = args.context === 'repl' ? shownValue : showValue;
  const result = whole ? inFull(value, compiled.type, scene) : shown.value;
  if (args.context === 'repl') adapter.after(() => adapter.linkTimes(result));
  return {
    result: plain(result + (args.context === 'hover' ? besides(scene, compiled.type, value) : '')),
    type: compiled.type.name,
    variablesReference: children ? adapter.view.tree.reference(path, children, args.frameId) : 0,
    ...(children?.indexed === undefined ? {} : { indexedVariables: children.indexed }),
    ...(shown.page === undefined ? {} : { memoryReference: memoryReference(world, shown.page) }),
  };
}

/** A text without its quotes. */
const plain = (shown: string): string => (/^".*"$/.test(shown) ? (JSON.parse(shown) as string) : shown);

/** What has been typed: the thing before the last dot, if any, and the beginning of a name. */
const TYPED = /(?:([A-Za-z_][\w.[\]]*)\.)?(\w*)$/;

function completions(adapter: Stopped, { text, column, frameId }: Args<'completions'>): Dap.CompletionItem[] {
  const { world } = adapter.session.debuggee;
  const { routine } = sceneOfFrame(adapter, frameId);
  const { dialect } = adapter;
  const typed = text.slice(0, Math.max(0, dialect.fromColumn(column) - 1));
  const [, object, word = ''] = TYPED.exec(typed) ?? [];
  const length = word.length;
  const item = (label: string, type: Dap.CompletionItemType, detail = ''): Dap.CompletionItem => ({
    label,
    type,
    ...(detail === '' ? {} : { detail }),
    start: dialect.toColumn(typed.length - length + 1),
    length,
  });
  const names = environment(world, routine ? { routine } : {});
  const starts = (name: string): boolean => name.toLowerCase().startsWith(word.toLowerCase());
  if (object !== undefined) {
    const { type } = adapter.view.compile(object, routine);
    return membersOf(type)
      .filter(({ name }) => starts(name))
      .map(({ name, detail }) => item(name, 'property', detail));
  }
  const functions = names.calls?.() ?? [];
  return [
    ...[...new Set(names.names())]
      .filter((name) => !name.startsWith('$') && starts(name))
      .map((name) => item(name, 'variable', detailOf(names.name(name)))),
    ...functions.filter(starts).map((name) => item(name, 'function', functionDetail(name))),
    ...(typed === word
      ? [...WORDS.keys(), ...QUESTIONS, 'biography', 'last write', 'next write']
          .filter(starts)
          .map((name) => item(name, 'keyword'))
      : []),
  ];
}

export const evaluateRequests = [
  request(
    'evaluate',
    {
      needs: 'stopped',
      capabilities: { supportsEvaluateForHovers: true, supportsClipboardContext: true },
    },
    async (adapter, args) => {
      const answer = await evaluate(adapter, args);
      if (args.context === 'repl') adapter.asked(args.expression, answer.result);
      return answer;
    },
  ),

  request(
    'completions',
    {
      needs: 'stopped',
      capabilities: { supportsCompletionsRequest: true, completionTriggerCharacters: ['.'] },
    },
    (adapter, args) => {
      try {
        return { targets: completions(adapter, args) };
      } catch (error) {
        if (error instanceof RequestError) return { targets: [] };
        throw error;
      }
    },
  ),
];
