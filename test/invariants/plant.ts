/** Runs a scenario up to a step, puts the machine out of order there, and tells which invariants are found broken. */

import { Checker, type Violation } from '../../src/engine/invariants';
import { pte_offset } from '../../src/engine/kernel/mm/pgtable';
import type { EntryRow, MmRow, PageRow, VmaRow, Vpn } from '../../src/engine/machine/ids';
import type { Kernel } from '../../src/engine/routine/kernel';
import type { StepFunction } from '../../src/engine/routine/link';
import type { Run } from '../../src/program';
import { MOST_STEPS, runOf } from '../properties/machine';

/** Steps of a routine whose text begins so. */
function stepsOf({ linked }: Run, name: string, text: string): number[] {
  const found = [...linked.text.keys()].filter(
    (pc) =>
      linked.routines[linked.routineOf[pc] ?? -1]?.routine.name === name && linked.text[pc]?.startsWith(text),
  );
  if (found.length === 0) throw new Error(`${name} has no step "${text}"`);
  return found;
}

/** Puts something in place of what the steps do; it is given what they did before. */
export function replaceStep(
  run: Run,
  name: string,
  text: string,
  by: (original: StepFunction) => StepFunction,
): void {
  const steps = run.linked.run as StepFunction[];
  for (const pc of stepsOf(run, name, text)) {
    const original = steps[pc];
    if (original) steps[pc] = by(original);
  }
}

export interface Spot {
  readonly routine: string;
  readonly step: string;
}

/** The machine of a scenario with one process whose buffer is its only VMA. */
export class Scene {
  constructor(readonly kernel: Kernel) {}

  get mm(): MmRow {
    return 1 as MmRow;
  }

  entry(page: number): EntryRow {
    const { mm } = this.kernel;
    const start = mm.start.get(mm.firstVma.get(this.mm) as VmaRow);
    return pte_offset(this.kernel, this.mm, (start + page) as Vpn);
  }

  lo(page: number): number {
    return this.kernel.tables.lo.get(this.entry(page));
  }

  page(page: number): PageRow {
    return this.kernel.tables.hi.get(this.entry(page)) as PageRow;
  }

  /** The only migration in flight: the pages of its first element. */
  get migrating(): { readonly from: PageRow; readonly to: PageRow } {
    const { migrations, slots } = this.kernel;
    const slot = migrations.head.get([...migrations.table.rows()][0] ?? 0);
    return { from: slots.srcPage.get(slot) as PageRow, to: slots.dstPage.get(slot) as PageRow };
  }
}

/** What is found broken when `disorder` is made just before the first step at `spot`. */
export function brokenBy(text: string, spot: Spot, disorder: (k: Kernel, scene: Scene) => void): Violation[] {
  const run = runOf(text);
  const { interpreter, kernel } = run;
  const checker = new Checker(interpreter);
  interpreter.arm(stepsOf(run, spot.routine, spot.step));
  const stop = interpreter.run(MOST_STEPS, false);
  if (stop !== 'breakpoint' || checker.violations.length > 0)
    throw new Error(
      `stopped with ${stop} and ${checker.violations.length} violations before anything was planted`,
    );
  interpreter.arm([]);
  disorder(kernel, new Scene(kernel));
  checker.onBroken = () => interpreter.interrupt();
  interpreter.run(MOST_STEPS, true);
  if (checker.violations.length === 0) checker.finish();
  return [...checker.violations];
}
