/** The cells of an address map, with the names of their pages. */

import type { AddressMapResult, MapArea, MapState } from '../../protocol/address-map';
import { Cells } from '../kit/cells/cells';

const PAGE = 4096;

export class AddressMap extends Cells<MapState, MapArea, AddressMapResult> {
  readonly none = 'nothing mapped';

  /** `buf[3]`, `buf[0..16]`, or addresses where no buffer covers it; of a mirror `gpu0's buf[3]`. */
  nameOfPages(area: MapArea, page: number, pages: number): string {
    const name = ownName(area, page, pages);
    return area.mirror === undefined ? name : `${area.mirror}'s ${name}`;
  }
}

function ownName({ firstPage, label, start }: MapArea, page: number, pages: number): string {
  if (firstPage === undefined) {
    const address = Number(start) + page * PAGE;
    return pages === 1
      ? `0x${address.toString(16)}`
      : `${address.toString(16)}-${(address + pages * PAGE).toString(16)}`;
  }
  const first = firstPage + page;
  return pages === 1 ? `${label}[${first}]` : `${label}[${first}..${first + pages}]`;
}
