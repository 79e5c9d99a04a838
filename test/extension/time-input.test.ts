import { expect, test } from 'vitest';
import { timeFrom } from '../../src/extension/time-input';

const position = { time: 7, timeline: 0, first: 100, last: 1100, profile: '6.12', ended: false };

test.each([
  ['0', 0],
  [' 1200 ', 1200],
  ['10_000', 10_000],
  ['1,000,000', 1_000_000],
  ['0%', 100],
  ['50%', 600],
  ['12.5%', 225],
  ['100%', 1100],
])('%s is time %d', (text, time) => {
  expect(timeFrom(text, position)).toBe(time);
});

test.each(['', '-1', '1.5', '101%', 'end', '1e3', '99999999999999999999'])('"%s" is no time', (text) => {
  expect(timeFrom(text, position)).toBeUndefined();
});
