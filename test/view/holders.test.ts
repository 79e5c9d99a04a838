/** Who holds a page: every reference once, and migrations by the task that makes them. */

import { describe, expect, it } from 'vitest';
import { runText } from '../scenario/run-scenario';
import { printed } from './one-page';

describe('holders of a page', () => {
  it('name the reference of a device-exclusive entry once', () => {
    const [line] = printed('6.12', 'gpu0 exclusive buf\n    print "{buf[0].page.holders}"');
    expect(line).toMatch(/PTE \(device-exclusive\) of app: buf\[0\]/);
    expect(line).not.toMatch(/unknown|device-exclusive entry/);
  });

  it('name a pin, with all the references that it stands for', () => {
    const [line] = printed('6.12', 'pin buf w as p\n    print "{buf[0].page.holders}"\n    unpin p');
    expect(line).toMatch(/1024 pin_user_pages \(p\)/);
    expect(line).not.toMatch(/unknown/);
  });

  it('name the task of a migration, not the one whose row has the same number', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const { printed: lines } = runText(`profile 6.12
machine { cpus 3 }
device gpu0 private 1MiB
schedule seed ${seed}
process app {
    buf = mmap 4KiB
    write buf = 1
    thread idle cpu 1 { barrier x }
    thread mover cpu 2 { barrier x; migrate buf to gpu0 }
    barrier x
    repeat 40 { print "{buf[0].page.holders}" }
    join mover
}
`);
      for (const line of lines)
        for (const [, task] of line.matchAll(/migration \([^)]*\) by ([\w.]+)/g)) seen.add(task ?? '');
    }
    expect([...seen]).toEqual(['app.mover']);
  });
});
