import { expect, test } from 'vitest';
import { pressure, sizeOfPages, zoneSummary } from '../../src/extension/zone-words';

test.each([
  [0, '0'],
  [1, '4 KiB'],
  [256, '1 MiB'],
  [384, '1.5 MiB'],
  [262144, '1 GiB'],
  [20971520, '80 GiB'],
])('%i pages are %s', (pages, size) => {
  expect(sizeOfPages(pages)).toBe(size);
});

const zone = (free: number, high = 30) => ({
  id: 'node0/Normal',
  name: 'Normal',
  counters: Object.entries({ free, min: high / 3, low: (high * 2) / 3, high, managed: 512 }).map(
    ([name, value]) => ({ id: `node0/Normal/${name}`, name, value }),
  ),
});

test.each([
  [10, 'below min: faults must reclaim'],
  [20, 'below low: kswapd is woken'],
  [30, 'below high: kswapd goes on'],
  [31, 'above high'],
])('%i free pages are %s', (free, words) => {
  expect(pressure(zone(free))).toBe(words);
});

test('a zone without watermarks has only its sizes', () => {
  expect(zoneSummary(zone(256, 0))).toBe('1 MiB free of 2 MiB');
  expect(zoneSummary(zone(256))).toBe('1 MiB free of 2 MiB · above high');
  const device = {
    id: 'node0/Device',
    name: 'Device',
    counters: [] as { id: string; name: string; value: number }[],
  };
  device.counters.push(
    { id: 'free', name: 'free', value: 0 },
    { id: 'spanned', name: 'spanned', value: 256 },
  );
  expect(zoneSummary(device)).toBe('spans 1 MiB, handed out by drivers');
});
