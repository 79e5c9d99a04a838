import { expect, it } from 'vitest';
import { type Found, foundNext } from '../../src/debugger/replay';
import type { TaskRow } from '../../src/engine/machine/ids';

const task = 1 as TaskRow;
const broken = (time: number, description: string): Found => ({
  time,
  task,
  exception: { id: 'invariant', task, description },
});

it('two exceptions at one time: the first is told', () => {
  expect(foundNext(broken(5, 'I27'), broken(5, 'I24'))).toEqual(broken(5, 'I27'));
});

it('an exception and a breakpoint at one time: both are', () => {
  const stop: Found = { time: 5, task, breakpoints: [3] };
  const both = { ...broken(5, 'I27'), breakpoints: [3] };
  expect(foundNext(broken(5, 'I27'), stop)).toEqual(both);
  expect(foundNext(stop, broken(5, 'I27'))).toEqual(both);
});

it('what comes later takes the place of what was before', () => {
  expect(foundNext(broken(5, 'I27'), broken(6, 'I24'))).toEqual(broken(6, 'I24'));
  expect(foundNext(undefined, broken(6, 'I24'))).toEqual(broken(6, 'I24'));
});
