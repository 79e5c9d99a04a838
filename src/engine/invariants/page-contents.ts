/** What is in pages, as I18 compares it: a digest of the bytes, wherever the driver keeps them. */

import { backing_page } from '../drivers/dmirror-memory';
import { is_device_private } from '../kernel/page_ref';
import type { MmRow, PageRow } from '../machine/ids';
import type { CheckState } from './state';
import { pageName } from './words';

/** The page that holds the bytes of this one. A private page without a backing page has none. */
export function bytesOf(s: CheckState, page: PageRow): PageRow {
  if (s.kernel.pages.range(page) === 0 || !is_device_private(s.kernel, page)) return page;
  return backing_page(s.kernel, page);
}

/** What the page holds now. */
export const digestNow = (s: CheckState, page: PageRow): number => s.kernel.contents.digest(bytesOf(s, page));

/** What the page held at the last check. */
const digestBefore = (s: CheckState, page: PageRow): number => s.pages.digest.get(s.pages.bytes.get(page));

/** Takes up the bytes that have changed since the last check. */
export function syncContents(s: CheckState): void {
  const { content: marks } = s.marks;
  for (let i = 1; i <= marks.count; i++) {
    const page = marks.at(i) as PageRow;
    const digest = s.kernel.contents.digest(page, (patch) => s.pages.patched.set(patch, page));
    s.pages.digest.set(page, digest);
  }
}

/**
 * A device uses `bytes` where the process still has a migration entry for `from`: from now on `bytes` is what counts,
 * and may be written to. Until now it was a copy.
 */
export function checkTakeover(s: CheckState, mm: MmRow, vpn: number, from: PageRow, bytes: PageRow): void {
  if (bytes === from || bytes === bytesOf(s, from) || s.pages.replaces.get(bytes) === from) return;
  s.pages.replaces.set(bytes, from);
  if (!s.continuous || s.kernel.contents.digest(bytes) === digestNow(s, from)) return;
  s.happened(
    18,
    s.place(mm, vpn, from),
    `the device gets a copy of ${pageName(s.kernel, from)}, which has been written to since it was copied`,
  );
}

/** The entry that led to `before` leads to `page`: nothing is lost if that holds the same, or has been in use already. */
export function keepsContents(s: CheckState, before: PageRow, page: PageRow): boolean {
  const bytes = bytesOf(s, page);
  const replaced = s.pages.replaces.get(bytes) === before;
  if (replaced) s.pages.replaces.set(bytes, 0);
  return digestNow(s, page) === digestBefore(s, replaced ? page : before);
}
