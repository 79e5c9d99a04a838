/** A scenario whose two threads meet at one page of the device. */

/** Each thread is on a CPU of its own and does one thing, once both are ready. */
export const onePage = (doesA: string, doesB: string): string => `profile 6.12
machine { cpus 2 }
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 4KiB anon rw
    write buf = 0x11
    migrate buf to gpu0
    thread A cpu 0 {
        barrier ready
        ${doesA}
    }
    thread B cpu 1 {
        barrier ready
        ${doesB}
    }
    barrier ready
    join A
    join B
}
`;
