/** Function breakpoints tell the truth about names: those of other kernels, and of functions that are folded into another. */

import { describe, expect, it } from 'vitest';
import { client, text } from '../adapter/two-pages';

/** How a function breakpoint of this name binds, and the routine in which the session then stops. */
async function bound(name: string, profile: '4.14' | '6.12') {
  const c = client(text.replace('profile 6.12', `profile ${profile}`));
  let breakpoint: { verified: boolean; message?: string } | undefined;
  const stop = await c.start({}, async () => {
    const { breakpoints } = await c.request('setFunctionBreakpoints', { breakpoints: [{ name }] });
    breakpoint = breakpoints[0];
  });
  const [top] = await c.stack(stop.threadId ?? 1);
  return { message: breakpoint?.message, top: top?.replace(/:.*/, '') };
}

describe('a function breakpoint', () => {
  it('by a routine’s own name says nothing', async () => {
    expect(await bound('do_swap_page', '6.12')).toEqual({ message: undefined, top: 'do_swap_page' });
  });

  it('by a name that is another routine’s own stops in that one', async () => {
    const c = client();
    await c.start();
    const { breakpoints } = await c.request('setFunctionBreakpoints', {
      breakpoints: [{ name: 'try_to_unmap' }, { name: 'hmm_vma_fault' }],
    });
    expect(breakpoints.map(({ message }) => message)).toEqual([undefined, undefined]);
    const { map } = c.adapter.session;
    for (const name of ['try_to_unmap', 'hmm_vma_fault'])
      expect(map.entries(name).map((pc) => map.routineAt(pc)?.routine.name)).toEqual([name]);
  });

  it('by a name that stands for another routine says where it stops', async () => {
    expect(await bound('do_munmap()', '6.12')).toEqual({
      message: expect.stringMatching(/^Stops in `\w+`, which does here what `do_munmap\(\)` is for\.$/),
      top: expect.stringMatching(/munmap/),
    });
  });
});
