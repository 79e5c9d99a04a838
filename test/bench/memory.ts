/** Memory, as the process has it after what is not needed has been given back. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Store } from '../../src/engine/machine/store';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes on the heap and in typed arrays. */
export function usedBytes(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Bytes that the columns of a machine take, room for rows to come included. */
export function stateBytes(store: Store): number {
  return store.columns.reduce((sum, { data, dirty }) => sum + data.byteLength + dirty.byteLength, 0);
}
