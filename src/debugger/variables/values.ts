/** Things of the machine as variables: pages, entries, VMAs, devices, zones, whatever an expression gives. */

import { isList, showValue, type Type, type Value } from '../../language';
import type { Accessor } from '../../language/values';
import { moveTo, type Scene, sceneOf } from '../../view/environment';
import { evaluationProblem } from '../condition';
import type { Children, Variable } from './tree';

/** Lists up to this length are shown in the line of their variable. */
const MOST_IN_LINE = 120;

/** A scene at the same place, for evaluations of its own. */
const copyOf = (scene: Scene): Scene => moveTo(sceneOf(scene.world), scene.task, scene.base);

/** A value of an expression as a variable; its members unfold. */
export function valueVariable(
  name: string,
  value: Value,
  type: Type<Scene>,
  scene: Scene,
  evaluateName: string | undefined,
): Variable {
  const children = childrenOf(value, type, copyOf(scene), evaluateName);
  const page = type.family === 'page' && typeof value === 'number' ? { page: value } : {};
  return {
    name,
    value: shorten(shownValue(value, type, scene)),
    type: type.name.replace(/^an? /, ''),
    ...(evaluateName === undefined ? {} : { evaluateName }),
    ...(children ? { children } : {}),
    ...page,
  };
}

/** Things whose name says nothing about them: a few members stand behind it. */
const PREVIEWED: Readonly<Record<string, readonly string[]>> = {
  device: ['type', 'used', 'total'],
  zone: ['spanned', 'free'],
  process: ['rss_anon', 'rss_file', 'exited'],
  task: ['state', 'cpu'],
};

/** A value as a person reads it, in full. */
export function shownValue(value: Value, type: Type<Scene>, scene: Scene): string {
  const shown = showValue(value, type, scene);
  const members = value === undefined ? undefined : PREVIEWED[type.family];
  if (members === undefined) return shown;
  const parts = members.flatMap((name) => {
    const member = type.member?.(name);
    return member ? [`${name} ${plain(memberVariable(name, value, member, scene, undefined).value)}`] : [];
  });
  return `${shown}: ${parts.join(', ')}`;
}

/** A text without its quotes. */
const plain = (shown: string): string => shown.replace(/^"(.*)"$/, '$1');

function shorten(text: string): string {
  const line = text.replace(/\n/g, '; ');
  return line.length > MOST_IN_LINE ? `${line.slice(0, MOST_IN_LINE - 1)}…` : line;
}

function childrenOf(
  value: Value,
  type: Type<Scene>,
  scene: Scene,
  evaluateName: string | undefined,
): Children | undefined {
  if (value === undefined) return undefined;
  const flags = type.family === 'number' ? (type.show?.(value, scene).split('|') ?? []) : [];
  if (flags.length > 1) return { named: () => flags.map((flag) => ({ name: flag, value: 'set' })) };
  if (isList(value) && type.element) return elements(value, type.element, scene, evaluateName);
  const names = type.members?.() ?? [];
  if (names.length === 0) return undefined;
  return {
    named: () =>
      names.flatMap((name) => {
        const member = type.member?.(name);
        if (!member) return [];
        return [memberVariable(name, value, member, copyOf(scene), join(evaluateName, name))];
      }),
  };
}

/** A member of a thing; what it can't be evaluated for stands in its place. */
function memberVariable(
  name: string,
  value: Value,
  member: Accessor<Scene>,
  scene: Scene,
  evaluateName: string | undefined,
): Variable {
  try {
    return valueVariable(name, member.get(value, scene), member.type, scene, evaluateName);
  } catch (error) {
    return { name, value: `(${evaluationProblem(error)})` };
  }
}

const join = (evaluateName: string | undefined, name: string): string | undefined =>
  evaluateName === undefined ? undefined : `${evaluateName}.${name}`;

function elements(
  list: readonly Value[],
  type: Type<Scene>,
  scene: Scene,
  evaluateName: string | undefined,
): Children {
  return {
    indexed: list.length,
    slice: (start, count) =>
      list
        .slice(start, start + count)
        .map((value, i) =>
          valueVariable(
            `[${start + i}]`,
            value,
            type,
            scene,
            evaluateName === undefined ? undefined : `${evaluateName}[${start + i}]`,
          ),
        ),
  };
}
