/** The drivers of devices. */

import { MemoryType } from '../../engine/machine/devices';
import type { DeviceRow, PageRow } from '../../engine/machine/ids';
import { Pg } from '../../engine/machine/pages';
import type { Driver } from '../../engine/routine/driver';
import type { Kernel } from '../../engine/routine/kernel';
import { deviceOfPage } from './pages';

/** The driver of a device; persistent memory has none. */
export function driverOfDevice(k: Kernel, device: DeviceRow): Driver | undefined {
  return k.devices.type.get(device) === MemoryType.Host ? undefined : k.driverOf(device);
}

/** The page that holds a page's bytes: what backs it where a driver has handed it out, and otherwise itself. */
export function contentsOf(k: Kernel, page: PageRow): PageRow {
  const device = deviceOfPage(k, page);
  if (device === 0 || k.pages.has(page, Pg.Free)) return page;
  return driverOfDevice(k, device)?.contents(k, page) || page;
}
