import { expect } from 'vitest';
import { runText } from '../scenario/run-scenario';

/** What a scenario prints that begins with one page, which nobody holds but its entry; every expectation must hold. */
export function printed(profile: string, body: string): readonly string[] {
  const { printed: lines, failures } = runText(`profile ${profile}
machine { cpus 2 }
device gpu0 private 1MiB
process app {
    buf = mmap 4KiB
    write buf = 1
    drain lru
    ${body}
}
`);
  expect(failures).toEqual([]);
  return lines;
}
