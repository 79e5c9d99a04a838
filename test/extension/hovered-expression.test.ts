import { expect, test } from 'vitest';
import { hoveredExpression } from '../../src/extension/hovered-expression';

/** The expression under the mark `^` of the second line. */
function pointing(line: string, mark: string): string | undefined {
  const found = hoveredExpression(line, mark.indexOf('^'));
  return found && line.slice(found.start, found.end);
}

test.each([
  ['  expect buf[3].page.refcount == 1', '         ^', 'buf'],
  ['  expect buf[3].page.refcount == 1', '               ^', 'buf[3].page'],
  ['  expect buf[3].page.refcount == 1', '                        ^', 'buf[3].page.refcount'],
  ['  read buf[first + 1]', '           ^', 'first'],
  ['  expect gpu0.used == 0', '          ^', 'gpu0'],
  ['  expect gpu0.used == 0', '               ^', 'gpu0.used'],
])('%s', (line, mark, expression) => {
  expect(pointing(line, mark)).toBe(expression);
});

test('numbers, signs and comments are no expressions', () => {
  expect(pointing('  read buf[3]', '           ^')).toBeUndefined();
  expect(pointing('  a == b', '    ^')).toBeUndefined();
  expect(pointing('  read buf # buf again', '             ^')).toBeUndefined();
});
