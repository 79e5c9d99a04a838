/** Things of the machine as variables: pages, entries, VMAs, devices, zones, whatever an expression gives. */

import { isList, showValue, type Type, type Value } from '../../language';
import type { Scene } from '../../view/environment';
import type { Children, Variable } from './tree';

/** Lists up to this length are shown in the line of their variable. */
const MOST_IN_LINE = 120;

const copyOf = (scene: Scene): Scene => ({ ...scene });

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
    value: shorten(showValue(value, type, scene)),
    type: type.name.replace(/^an? /, ''),
    ...(evaluateName === undefined ? {} : { evaluateName }),
    ...(children ? { children } : {}),
    ...page,
  };
}

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
  if (isList(value) && type.element) return elements(value, type.element, scene, evaluateName);
  const names = type.members?.() ?? [];
  if (names.length === 0) return undefined;
  return {
    named: () =>
      names.flatMap((name) => {
        const member = type.member?.(name);
        if (!member) return [];
        const inner = member.get(value, scene);
        return [valueVariable(name, inner, member.type, scene, join(evaluateName, name))];
      }),
  };
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
