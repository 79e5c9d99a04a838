/** What the pager keeps: its devices' memory, its mirrors, and how often the device has used each page. */

import { memoryTables } from '../../../src/engine/drivers/device_memory';
import { Injection } from '../../../src/engine/drivers/injection';
import { Mirrors } from '../../../src/engine/drivers/mirror_table';
import { Own } from '../../../src/engine/routine/own';

export const memory = memoryTables('pager');
export const mirrors = new Mirrors('pager');
export const failures = new Injection('pager', ['migrate_to_ram', 'fetch']);

export const own = new Own(({ store, devices: { devices } }) => ({
  /** By page: accesses of the device since the page came. */
  uses: store.int('pager.uses'),
  /** By device: after so many accesses a page goes home. */
  keeps: devices.int('pager.keeps'),
  fetched: devices.int('pager.fetched'),
  sentHome: devices.int('pager.sentHome'),
}));
