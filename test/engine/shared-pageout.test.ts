/** Reclaim of pages of files and shared memory: unmapped everywhere, and written to swap where there is some. */

import { describe, it } from 'vitest';
import { holds } from './holds';

const process = (body: string, machine = ''): string => `${machine}\nprocess app {\n${body}\n}`;
const SWAP = 'machine { swap 1MiB }';
const WRITTEN = 'buf = mmap 16KiB shmem rw\nwrite buf[0..4] = 7';
const AGAIN = 'read buf[0..4] expect 7\nwrite buf[1] = 8\nread buf[1] expect 8\nread buf[2] expect 7';

describe('MADV_PAGEOUT of shared memory', () => {
  it('unmaps it and leaves it in the page cache where there is no swap', () => {
    holds(
      '6.12',
      process(`${WRITTEN}
        madvise buf[1..3] pageout
        expect pte(buf[0]).kind == "present" and pte(buf[3]).kind == "present"
        expect pte(buf[1]).kind == none and pte(buf[2]).kind == none
        ${AGAIN}`),
    );
  });

  it.each(['', ' sync'])('writes it to a swap area%s, where it waits with the file', (sync) => {
    holds(
      '6.12',
      process(
        `swapon 1MiB${sync}
        ${WRITTEN}
        madvise buf pageout
        expect buf[0..4].pte.kind == none
        ${AGAIN}
        madvise buf pageout
        fork child { read buf[0] expect 7; write buf[3] = 9; exit 0 }
        wait child
        read buf[3] expect 9
        madvise buf pageout
        madvise buf willneed
        read buf[0..4]
        madvise buf pageout
        swapoff
        read buf[3] expect 9
        munmap buf`,
      ),
    );
  });

  it('unmaps a page that is pinned, but does not write it', () => {
    holds(
      '6.12',
      process(
        `${WRITTEN}
        pin buf[0..1] w as p
        swapon
        madvise buf[0..2] pageout
        expect pte(buf[0]).kind == none and pte(buf[1]).kind == none
        read buf[0] expect 7
        expect buf[0].page.refcount > 1024
        unpin p`,
        SWAP,
      ),
    );
  });

  it('drops a page that nobody wrote to', () => {
    holds(
      '6.12',
      process(
        `buf = mmap 4KiB shmem rw
        read buf expect 0
        madvise buf pageout
        expect pte(buf).kind == none
        read buf expect 0`,
      ),
    );
  });

  it('leaves alone what two processes map, if only because a fault looks around, and what is locked', () => {
    holds(
      '6.12',
      process(`${WRITTEN}
        fork child { read buf[0..1]; barrier both; barrier done; exit 0 }
        barrier both
        madvise buf pageout
        expect buf[0..4].pte.kind == "present"
        barrier done
        wait child
        mlock buf[0..1]
        madvise buf[0..1] pageout expect EINVAL`),
    );
  });

  it('takes swap back with the file that nobody uses any more', () => {
    holds('6.12', process(`swapon\n${WRITTEN}\nmadvise buf pageout\nmunmap buf\nswapoff`, SWAP));
  });
});

it('pages of a private file mapping are unmapped, copies of them go to swap', () => {
  holds(
    '6.12',
    process(
      `swapon
      buf = mmap 8KiB file data
      read buf[0..2]
      write buf[1] = 3
      madvise buf pageout
      expect pte(buf[0]).kind == none and pte(buf[1]).kind == "swap"
      read buf[1] expect 3`,
      `${SWAP}\nfile data 8KiB`,
    ),
  );
});

it('reclaim under 4.14 takes shared memory too', () => {
  holds('4.14', process(`swapon\n${WRITTEN}\nreclaim buf\n${AGAIN}\nswapoff`, SWAP));
});
