/** Ranges of memory that statements work on. */

import { EvaluationError } from '../language/arithmetic';
import type { AddressRange, Outcome, PagesRange, Range } from '../language/ast';
import { PAGE_SIZE } from '../language/numbers';
import type { Scene } from '../view/environment';
import type { Body } from './context';
import type { F } from './frame';

/** One past the last address of user space. */
const TASK_SIZE = 2 ** 47;

/** Puts the range's first address and its pages into the frame. Throws EvaluationError where there is no such range. */
type Locate = (scene: Scene, f: F) => void;

export interface RangeCode {
  readonly locate: Locate;
  /** It has one page, whatever happens. */
  readonly single: boolean;
}

const pagesWord = (pages: number): string => (pages === 1 ? 'one page, page 0' : `pages 0 to ${pages - 1}`);

function ofPages(body: Body, range: PagesRange, mayPass: boolean): RangeCode {
  const { ctx } = body;
  const { text } = range.buffer;
  const variable = ctx.variable(text);
  const constant = ctx.program.names.constants.get(text);
  const first = range.first === undefined ? () => 0 : body.number(range.first);
  const end = range.end === undefined ? undefined : body.number(range.end);
  const base = (scene: Scene): { address: number; pages: number } => {
    const cell = ctx.variables.cell(scene.process, variable);
    if (variable >= 0 && ctx.variables.isSet(cell))
      return { address: ctx.variables.content(cell), pages: ctx.variables.pages(cell) };
    if (constant !== undefined) return { address: constant, pages: 0 };
    throw new EvaluationError(`\`${text}\` has not been mapped here`);
  };
  const bounded = range.first !== undefined || range.end !== undefined;
  return {
    single: range.single,
    locate: (scene, f) => {
      const { address, pages } = base(scene);
      const from = first(scene);
      const whole = pages === 0 ? 1 : pages;
      const to = range.single ? from + 1 : (end?.(scene) ?? whole);
      if (from < 0 || to <= from) throw new EvaluationError(`the range ${text}[${from}..${to}] is empty`);
      if (bounded && pages > 0 && to > pages && !mayPass)
        throw new EvaluationError(`page ${to - 1} is outside \`${text}\`, which has ${pagesWord(pages)}`);
      f.$va = address + from * PAGE_SIZE;
      f.$pages = to - from;
    },
  };
}

function ofAddress(body: Body, range: AddressRange): RangeCode {
  const address = body.number(range.address);
  const size = range.size === undefined ? undefined : body.number(range.size);
  return {
    single: size === undefined,
    locate: (scene, f) => {
      const va = address(scene);
      if (va < 0 || va >= TASK_SIZE)
        throw new EvaluationError(`${body.source(range.address)} is not an address of user space`);
      f.$va = va;
      f.$pages = size === undefined ? 1 : Math.ceil(size(scene) / PAGE_SIZE);
    },
  };
}

/** A range as code. It may go past its buffer where it says so, or where an error or a signal is expected. */
export function rangeCode(body: Body, range: Range, outcome: Outcome | undefined): RangeCode {
  if (range.kind === 'address') return ofAddress(body, range);
  const wanted = outcome?.status?.kind;
  return ofPages(body, range, range.pastEnd || wanted === 'errno' || wanted === 'signal');
}

/** Whether the range is a whole buffer: then the buffer's name follows it when it is moved. */
export function wholeBuffer(body: Body, range: Range): number | undefined {
  if (range.kind !== 'pages' || range.first !== undefined || range.end !== undefined) return undefined;
  const variable = body.ctx.variable(range.buffer.text);
  return variable < 0 ? undefined : variable;
}
