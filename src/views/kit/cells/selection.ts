/** What is selected in a map that takes the place of another. */

/** A range of addresses. */
export interface Range {
  readonly from: string;
  readonly to: string;
}

/** The map before: address of the first fault on it, and the range of its selected cell. */
interface Before {
  readonly fault: string | undefined;
  readonly range: Range | undefined;
}

/**
 * The address to select: that of a fault where it is new, or where the selected cell was the one with it, as on zooming
 * in; else what was selected stays so, however often the same map is drawn anew.
 */
export function selectedAddress(fault: string | undefined, before: Before): number | undefined {
  const { range } = before;
  const kept = range && Number(range.from);
  if (fault === undefined) return kept;
  const at = Number(fault);
  const isNew = fault !== before.fault;
  const isIn = range !== undefined && at >= Number(range.from) && at < Number(range.to);
  return isNew || isIn || kept === undefined ? at : kept;
}
