/** A fault on a device's page: its driver is to bring the page home (pgmap->ops->migrate_to_ram, page_fault in 4.14). */

import type { PageRow, VmaRow, Vpn } from '../../../machine/ids';
import type { Builder, Node } from '../../../routine/routine';
import { keepRet } from './vmf';

interface DeviceFault {
  vma: VmaRow;
  vpn: Vpn;
  flags: number;
  ret: number;
}

/** Calls the driver of the page's device. */
export const callMigrateToRam = <F extends DeviceFault>(r: Builder<F>, pageOf: (f: F) => PageRow): Node<F> =>
  r.callback(
    'ret = pgmap->ops->migrate_to_ram(vmf)',
    'migrate_to_ram',
    (k, f) => k.devices.driver.get(k.devices.pgmapDevice.get(k.pages.pgmap(pageOf(f)))),
    (_, f, callee) => {
      callee.vma = f.vma;
      callee.vpn = f.vpn;
      callee.page = pageOf(f);
      callee.flags = f.flags;
    },
    keepRet,
  );
