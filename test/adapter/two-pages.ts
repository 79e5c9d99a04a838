/** A scenario of which much is asked: two pages of the device come home. */

import { Client } from './client';

export const path = '/scenarios/two.hmm';
export const text = `# Two pages come home.
profile 6.12
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 64KiB anon rw
    write buf[0..4] = 0x11

    migrate buf[0..4] to gpu0
    read buf[1]
    read buf[3]
    expect buf[3].page.zone != Device
    munmap buf
    expect gpu0.used == 0
}
`;
export const client = (scenario = text) => new Client(new Map([[path, scenario]]));
