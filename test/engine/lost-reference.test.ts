/** Linux until 6.14 takes a device-exclusive entry for a migration entry when the migration of its page fails. */

import { describe, expect, it } from 'vitest';
import { runChecked } from '../properties/machine';

const closing = (fixed: 'on' | 'off'): string => `profile 6.12
  switch fix-device-exclusive-entries ${fixed}
  device gpu0 private 1MiB driver dmirror
  device gpu1 coherent 1MiB driver dmirror
  process app {
    buf = mmap 8KiB
    write buf[0..2] = 1
    migrate buf to gpu1
    gpu0 exclusive buf[0..1]
    close gpu1`;

describe('closing the device on which a page is that another one has for itself', () => {
  it('makes its entry present and read-only, and leaks the page', () => {
    const { broken, stop, run } = runChecked(`${closing('off')}
      expect pte(buf[0]).kind == "present" and not pte(buf[0]).write
      expect pte(buf[1]).kind == "present" and pte(buf[1]).write
      expect gpu1.used == 1 and buf[0].page.refcount == 2
      munmap buf
      expect gpu1.used == 1
    }`);
    expect({ stop, failure: run.report.failure?.message() }).toEqual({ stop: 'end', failure: undefined });
    expect(broken).toEqual([expect.stringContaining('I40 (exclusive until told)')]);
  });

  it('leaves it exclusive with the fix, and the page comes back with its entry', () => {
    const { broken, stop, run } = runChecked(`${closing('on')}
      expect pte(buf[0]).kind == "device-exclusive"
      expect gpu1.used == 1
      munmap buf
      expect gpu1.used == 0
    }`);
    const failure = run.report.failure?.message();
    expect({ broken, stop, failure }).toEqual({ broken: [], stop: 'end', failure: undefined });
  });
});
