/** An expression that is asked for in a frame, made to mean the same wherever execution stands later. */

import type { DeviceRow, PageRow, ProcessRow, TaskRow } from '../../engine/machine/ids';
import type { LinkedRoutine } from '../../engine/routine/link';
import { eachExpression, parseExpression } from '../../language';
import { SITUATION } from '../../language/things';
import {
  deviceName,
  environment,
  localOf,
  processName,
  type Scene,
  showHex,
  type World,
} from '../../view/environment';
import { compileText, type Result } from '../condition';
import { withProcess } from './watched';

const fail = (message: string): { ok: false; message: string } => ({ ok: false, message });

/** The part of a text that a name takes, and what stands for it. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly by: string;
}

/** Whether a name means something only here: a local, or what the fault or callback at hand is about. */
function isOfThisPlace(world: World, name: string, routine: LinkedRoutine | undefined): boolean {
  if (routine && localOf(routine, name)) return true;
  if (world.names.variables.some((variable) => variable.name === name)) return false;
  return Object.hasOwn(SITUATION, name) || name === 'task' || name === 'process';
}

/** A text for what a name of this place means now, or what is wrong. */
function meantBy(name: string, scene: Scene, routine: LinkedRoutine | undefined): Result<string> {
  const { world } = scene;
  const binding = environment(world, routine ? { routine } : {}).name(name);
  const value = binding?.get(scene);
  if (binding === undefined || value === undefined) return fail(`\`${name}\` is none here.`);
  const ok = (text: string): Result<string> => ({ ok: true, value: text });
  switch (binding.type.family) {
    case 'page':
      return ok(`pfn(${showHex(world.kernel.pages.pfn(value as PageRow))})`);
    case 'device':
      return ok(deviceName(world, value as DeviceRow));
    case 'process':
      return ok(processName(world, value as ProcessRow));
    case 'task':
      return ok(world.names.tasks[world.kernel.tasks.taskName.get(value as TaskRow)] ?? name);
    case 'number':
      return ok(showHex(value as number));
    default:
      return fail(`\`${name}\` is a local; name the address it is about, as in pte(buf[3]).`);
  }
}

/** The expression without names that mean something only in this frame, or why there is none. */
export function fixed(text: string, scene: Scene, routine: LinkedRoutine | undefined): Result<string> {
  const { world } = scene;
  const { expr } = parseExpression(text);
  if (!expr) return fail(`\`${text}\` is no expression.`);
  const edits: Edit[] = [];
  let problem: string | undefined;
  eachExpression(expr, (part) => {
    if (part.kind !== 'name' || !isOfThisPlace(world, part.name, routine)) return;
    const by = meantBy(part.name, scene, routine);
    if (by.ok) edits.push({ ...part.span, by: by.value });
    else problem ??= by.message;
  });
  const isLocalNumber = expr.kind === 'name' && edits[0]?.by.startsWith('0x');
  if (isLocalNumber)
    problem ??= `\`${text}\` is a local of ${routine?.routine.name ?? 'this place'}: it ends with it.`;
  if (problem !== undefined) return fail(problem);
  const replaced = edits.reduceRight(
    (now, { start, end, by }) => now.slice(0, start) + by + now.slice(end),
    text,
  );
  const compiled = compileText(world, replaced, undefined);
  if (!compiled.ok) return compiled;
  // A page of a buffer is always the same: what can change there is its entry.
  const whole = compiled.value.type.family === 'place' ? `pte(${replaced.trim()})` : replaced.trim();
  return { ok: true, value: withProcess(world, scene.process, whole) };
}
