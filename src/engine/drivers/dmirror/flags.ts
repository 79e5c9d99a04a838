/** HMM_DMIRROR_FLAGS: an open device is told that its next allocation is to fail (lib/test_hmm.c, from 6.19 on). */

import { Errno } from '../../kernel/constants';
import type { Driver } from '../../routine/driver';
import { Int, MirrorT, routine, VpnT } from '../../routine/routine';
import { begin_ioctl } from '../ioctl';
import { own } from './tables';

const dmirror_set_flags = routine({
  name: 'dmirror_set_flags',
  file: 'lib/test_hmm.c',
  about: 'Store the flags of this open device; bit 0 makes its next allocation fail, once.',
  params: { mirror: MirrorT, start: VpnT, pages: Int, value: Int },
  body: (r) => [
    r.step('dmirror->flags = cmd.npages', (k, f) => {
      begin_ioctl(k);
      if (k.profile.collectsHuge) own.of(k).flags.set(f.mirror, f.value);
    }),
    r.ret('return 0; -EINVAL for no flags, or where the driver knows none', (k, f) =>
      k.profile.collectsHuge && f.value !== 0 ? 0 : -Errno.EINVAL,
    ),
  ],
});

export const FLAGS: Driver['verbs'][number] = {
  word: 'flags',
  about:
    "Sets this open device's flags; 1: its next allocation fails, and the flag is cleared (from 6.19 on).",
  range: false,
  value: { what: 'the flags', least: 0, most: 3 },
  routine: dmirror_set_flags,
};
