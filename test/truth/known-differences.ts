/** Records that are known to differ, each with the reason: what happened there is no rule of the kernel. */

interface KnownDifference {
  readonly kernel: string;
  readonly id: string;
  readonly reason: string;
}

const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    kernel: '6.1.192',
    id: 'fork_cow',
    reason:
      'page 1 was copied though the child was gone: a CPU held it in its batch for the LRU at that moment; in the second run of this kernel it was not copied',
  },
  {
    kernel: '6.1.192',
    id: 'thp',
    reason:
      'the program unmapped the buffer for the results of its ioctl, which had grown together with A: the record tells neither',
  },
];

/** Why this record is known to differ, or undefined. */
export const knownDifference = (kernel: string, id: string): string | undefined =>
  KNOWN_DIFFERENCES.find((known) => known.kernel === kernel && known.id === id)?.reason;
