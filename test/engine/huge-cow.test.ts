/** A write to a huge page that fork has shared splits its entry: one page is copied, and the others keep what the entry knew. */

import { describe, it } from 'vitest';
import { holds } from './holds';

const shared = (body: string): string => `process app {
  buf = mmap 2MiB huge
  write buf[3] = 1
  fork child
  ${body}
}`;

describe.each(['6.1', '6.12'])('after such a write under %s', (profile) => {
  it("the parent's other entries are accessed, as its entry was", () => {
    holds(
      profile,
      shared(`
        write buf[5] = 2
        expect not pte(buf).huge and pte(buf[5]).write and pte(buf[5]).dirty
        expect pte(buf[6]).young and pte(buf[511]).young and not pte(buf[6]).write
        on child expect pte(buf).huge
        on child read buf[5] expect 0`),
    );
  });

  it("the child's other entries are not, as fork gave it an old one", () => {
    holds(
      profile,
      shared(`on child {
        expect pte(buf).huge and not pte(buf).young
        write buf[5] = 2
        expect not pte(buf).huge and pte(buf[5]).write and pte(buf[5]).young
        expect not pte(buf[6]).young and not pte(buf[511]).young
        read buf[6]
        expect pte(buf[6]).young and not pte(buf[7]).young
      }
      read buf[5] expect 0`),
    );
  });
});
