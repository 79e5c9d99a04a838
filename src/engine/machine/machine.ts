/** The whole modelled state: every table over one store. No behaviour: that is the kernel's. */

import { AddressSpaces } from './address-spaces';
import { Contents } from './contents';
import { Devices } from './devices';
import { Faults, Files, Pins, SwapAreas } from './files';
import { Holds } from './holds';
import { Hugetlb } from './hugetlb';
import { Kswapd } from './kswapd';
import { LruBatches, LruLists } from './lru';
import { Migrations } from './migrations';
import { Pages } from './pages';
import { Radix } from './radix';
import { Slots } from './slots';
import { Store } from './store';
import { Tasks } from './tasks';
import { Tlb } from './tlb';
import { Zones } from './zones';

export class Machine {
  /** Steps run so far; kept by the run loop. */
  time = 0;
  readonly store = new Store();
  readonly scalars = this.store.scalars;
  readonly pages = new Pages(this.store);
  readonly holds = new Holds(this.store, this.pages, this);
  readonly contents = new Contents(this.store, this.pages);
  readonly zones = new Zones(this.store);
  readonly hugetlb = new Hugetlb(this.store);
  readonly tables = new Radix(this.store);
  readonly mm = new AddressSpaces(this.store);
  readonly tasks = new Tasks(this.store);
  readonly tlb = new Tlb(this.store);
  readonly slots = new Slots(this.store);
  readonly lru = new LruBatches(this.store);
  readonly lists = new LruLists(this.store);
  readonly kswapd = new Kswapd(this.store);
  readonly migrations = new Migrations(this.store);
  readonly devices = new Devices(this.store);
  readonly files = new Files(this.store);
  readonly pins = new Pins(this.store);
  readonly swap = new SwapAreas(this.store);
  readonly faults = new Faults(this.store);
}
