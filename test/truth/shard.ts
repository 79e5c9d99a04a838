/** One of several processes that share a comparison: sends its verdicts to the one that started it. */

import { compareRecords } from './compare-records';
import { LEVELS } from './divergence';

const [records = '', level = '', index = '0', count = '1'] = process.argv.slice(2);
const depth = LEVELS.find((name) => name === level) ?? 'events';

for (const verdict of compareRecords(records, depth, { index: Number(index), count: Number(count) }))
  process.send?.(verdict);
