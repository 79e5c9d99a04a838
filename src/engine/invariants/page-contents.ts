/** What is in pages, as I18 compares it: a digest of the bytes, wherever the driver keeps them. */

import { backing_page } from '../drivers/dmirror-memory';
import { is_device_private } from '../kernel/page_ref';
import type { PageRow } from '../machine/ids';
import type { CheckState } from './state';

/** The page that holds the bytes of this one. A private page without a backing page has none. */
export function bytesOf(s: CheckState, page: PageRow): PageRow {
  if (s.kernel.pages.range(page) === 0 || !is_device_private(s.kernel, page)) return page;
  return backing_page(s.kernel, page);
}

/** What the page holds now. */
export const digestNow = (s: CheckState, page: PageRow): number => s.kernel.contents.digest(bytesOf(s, page));

/** What the page held at the last check. */
export const digestBefore = (s: CheckState, page: PageRow): number =>
  s.pages.digest.get(s.pages.bytes.get(page));

/** Takes up the bytes that have changed since the last check. */
export function syncContents(s: CheckState): void {
  const { content: marks } = s.marks;
  for (let i = 1; i <= marks.count; i++) {
    const page = marks.at(i) as PageRow;
    const digest = s.kernel.contents.digest(page, (patch) => s.pages.patched.set(patch, page));
    s.pages.digest.set(page, digest);
  }
}
