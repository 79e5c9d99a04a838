import { describe, expect, it } from 'vitest';
import {
  BOOLEAN,
  compileExpr,
  EvaluationError,
  holds,
  listOf,
  type NameResolver,
  NUMBER,
  parseExpression,
  showValue,
  type Type,
  type Value,
} from '../../src/language/index';

/** A small machine: pages by frame number, one buffer of four pages at 0x1000, of which page 2 is not there. */
interface Machine {
  readonly refcount: readonly number[];
  readonly device: readonly boolean[];
  readonly frames: readonly (number | undefined)[];
}

interface PageRange {
  readonly address: number;
  readonly size: number;
  readonly [key: string]: unknown;
}

const machine: Machine = {
  refcount: [1, 2, 7],
  device: [true, true, false],
  frames: [0, 1, undefined, 2],
};

const zone: Type<Machine> = { name: 'a zone', family: 'zone', show: (z) => (z === 1 ? 'Device' : 'Normal') };

const page: Type<Machine> = {
  name: 'a page',
  family: 'page',
  members: () => ['refcount', 'zone', 'pfn'],
  member: (name) => {
    if (name === 'pfn') return { type: NUMBER, get: (p) => p };
    if (name === 'refcount') return { type: NUMBER, get: (p, m) => m.refcount[Number(p)] };
    return name === 'zone' ? { type: zone, get: (p, m) => (m.device[Number(p)] ? 1 : 0) } : undefined;
  },
};

const asRange = (value: Value): PageRange => value as PageRange;

const range: Type<Machine> = {
  name: 'a range of pages',
  family: 'range',
  members: () => ['page'],
  toNumber: (handle) => asRange(handle).address,
  contains: (handle, at) =>
    at >= asRange(handle).address && at < asRange(handle).address + asRange(handle).size,
  member: (name) =>
    name === 'page'
      ? {
          type: listOf(page),
          get: (handle, m) => {
            const { address, size } = asRange(handle);
            return m.frames.slice(address / 4096 - 1, (address + size) / 4096 - 1);
          },
        }
      : undefined,
};

const single: Type<Machine> = {
  ...range,
  name: 'a page of a buffer',
  member: (name) =>
    name === 'page' ? { type: page, get: (h, m) => m.frames[asRange(h).address / 4096 - 1] } : undefined,
};

const buffer: Type<Machine> = {
  ...range,
  name: 'a buffer',
  index: { type: single, get: (h, i) => ({ address: asRange(h).address + i * 4096, size: 4096 }) },
  slice: {
    type: range,
    get: (h, first = 0, end = 4) => ({
      address: asRange(h).address + first * 4096,
      size: (end - first) * 4096,
    }),
  },
};

const resolver: NameResolver<Machine> = {
  names: () => ['buf', 'Device', 'Normal', 'big', 'frame'],
  name: (text) => {
    if (text === 'buf') return { type: buffer, get: () => ({ address: 4096, size: 16384 }) };
    if (text === 'Device' || text === 'Normal') return { type: zone, get: () => (text === 'Device' ? 1 : 0) };
    if (text === 'big') return { type: NUMBER, get: () => 0xfff0_0000_0000_0001n };
    return text === 'frame' ? { type: page, get: () => 1 } : undefined;
  },
  calls: () => ['sum'],
  call: (text) =>
    text !== 'sum'
      ? undefined
      : ([only]) =>
          only?.element === undefined
            ? { error: '`sum` needs a list' }
            : { type: NUMBER, get: ([list]) => (list as number[]).reduce((a, b) => a + (b ?? 0), 0) },
};

function evaluate(text: string): Value {
  const { expr } = parseExpression(text);
  if (expr === undefined) throw new Error(`syntax of ${text}`);
  const result = compileExpr(expr, resolver);
  if (!result.ok) throw new Error(result.problem.message);
  return result.compiled.evaluate(machine);
}

describe('compiled expressions', () => {
  it.each<[string, Value]>([
    ['1 + 2 * 3', 7],
    ['7 / 2', 3],
    ['-7 / 2', -3],
    ['-7 % 4', -3],
    ['1 << 40', 2 ** 40],
    ['(1 << 40 | 1) >> 40', 1],
    ['0x1_0000_0001 & 0x1_0000_0003', 0x1_0000_0001],
    ['0xffffffff & 0xf0000000', 0xf0000000],
    ['0x1_8000_0000 ^ 0x8000_0000', 0x1_0000_0000],
    ['~0', -1],
    ['not 1 == 2', true],
    ['!0', true],
    ['1 and 0 or 2', true],
    ['"a" == "a"', true],
    ['3 in [1, 2, 3]', true],
    ['4 in [1, 2, 3]', false],
    ['buf[1].page.refcount', 2],
    ['buf[1].page.refcount > 1', true],
    ['buf[0].page.zone == Device', true],
    ['buf[3].page.zone != Device', true],
    ['buf + 0x3000', 0x4000],
    ['buf[1] == buf + 0x1000', true],
    ['buf[2].page', undefined],
    ['buf[2].page == none', true],
    ['buf[2].page.refcount', undefined],
    ['buf[2].page.refcount > 0', false],
    ['buf[2].page.refcount < 9', false],
    ['buf[2].page.refcount + 1', undefined],
    ['not buf[2].page', true],
    ['buf[0..2].page.zone == Device', true],
    ['buf[0..4].page.zone == Device', false],
    ['buf[0..2].page.refcount == [1, 2]', true],
    ['buf[0..2].page.refcount != [1, 3]', true],
    ['buf[0..2].page.refcount < 3', true],
    ['buf[..2].page.refcount[1]', 2],
    ['0x2000 in buf[1..2]', true],
    ['0x3000 in buf[1..2]', false],
    ['buf + 0x2fff in buf[..3]', true],
    ['sum(buf[0..2].page.refcount)', 3],
    ['big & 1', 1n],
    ['big == 0xfff0_0000_0000', false],
    ['big > 1', true],
    ['big % 2 == 1', true],
    ['frame.pfn', 1],
  ])('`%s` is %s', (text, value) => {
    expect(evaluate(text)).toEqual(value);
  });

  it.each([
    ['bfu[1]', 'there is no `bfu` here; did you mean `buf`?'],
    ['buf[1].page.refcuont', 'a page has no `refcuont`; did you mean `refcount`?'],
    ['frame.x', 'a page has no `x`; it has refcount, zone, pfn'],
    ['frame == Device', 'a page and a zone cannot be compared; did you mean its `zone`?'],
    ['1 == "a"', 'a number and a text cannot be compared'],
    ['frame + 1', 'expected a number, found a page'],
    ['frame[1]', 'a page has no elements'],
    ['frame[1..2]', 'a page has no ranges'],
    ['1 in frame', 'nothing can be `in` a page'],
    ['smu(buf)', 'there is no function `smu`; did you mean `sum`?'],
    ['sum(1)', '`sum` needs a list'],
    ['big == 0xfff0_0000_0000 << 16', 'the result is more than 2^53 - 1, the largest number here'],
  ])('`%s` is refused', (text, message) => {
    expect(() => evaluate(text)).toThrow(message);
  });

  it('says what cannot be evaluated when it happens', () => {
    expect(() => evaluate('1 / (buf[0].page.refcount - 1)')).toThrow(EvaluationError);
  });

  it('decides what counts as true', () => {
    expect([true, 1, 'x', 5n, [1, 2], []].map(holds)).toEqual([true, true, true, true, true, true]);
    expect([false, 0, undefined, 0n, [1, 0]].map(holds)).toEqual([false, false, false, false, false]);
  });

  it('shows values', () => {
    expect(showValue(1, zone, machine)).toBe('Device');
    expect(showValue([1, 0], listOf(zone), machine)).toBe('[Device, Normal]');
    expect(showValue(undefined, zone, machine)).toBe('none');
    expect(showValue(true, BOOLEAN, machine)).toBe('true');
  });
});
