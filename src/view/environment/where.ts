/** Places in address spaces that expressions name. */

import { type ProcessRow, TASK_SIZE_PAGES, type Vpn, vaOf } from '../../engine/machine/ids';
import type { ArgumentType, Value } from '../../language/values';
import type { Scene } from './scene';
import { placeAt } from './types';

/** An address of user space. */
const isAddress = (va: number): boolean => va >= 0 && va < vaOf(TASK_SIZE_PAGES as Vpn);

/** The process and address that the argument of a function means. */
export function whereIs(
  type: ArgumentType,
  value: Value,
  scene: Scene,
): { process: ProcessRow; va: number } | undefined {
  if (value === undefined) return undefined;
  if (type.family === 'place') return placeAt(value);
  if (typeof value !== 'number') return undefined;
  if (type.family !== 'buffer') return isAddress(value) ? { process: scene.process, va: value } : undefined;
  const { variables } = scene.world;
  return { process: variables.processOf(value), va: variables.content(value) };
}
