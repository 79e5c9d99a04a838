/** Function breakpoints tell the truth about names: those of other kernels, and of functions that are folded into another. */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CodeMap } from '../../src/debugger/code-map';
import { PROFILES } from '../../src/engine/profiles';
import { aliasesIn } from '../../src/engine/routine/aliases';
import type { AnyRoutine } from '../../src/engine/routine/routine';
import { buildRun, compileScenario } from '../../src/program';
import { client, text } from '../adapter/two-pages';
import { programOf } from '../scenario/run-scenario';
import { inProject } from '../tools/project';

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

/** Every routine that some bundled scenario can come to under a kernel. */
function reachable(profile: string): Map<string, AnyRoutine> {
  const found = new Map<string, AnyRoutine>();
  for (const name of readdirSync(inProject('scenarios')).filter((file) => file.endsWith('.hmm'))) {
    const source = readFileSync(inProject('scenarios', name), 'utf8');
    const { program } = compileScenario(source, name, { profile });
    if (program?.profile.name !== profile) continue;
    const { linked } = buildRun(program);
    for (const { routine } of [...linked.routines, ...linked.leaves.all])
      if (!routine.scenario) found.set(routine.name, routine);
  }
  return found;
}

describe.each(PROFILES)('another name under $name', (profile) => {
  it('is never that of a function that this kernel has besides', () => {
    const routines = reachable(profile.name);
    expect(routines.size).toBeGreaterThan(100);
    const taken = [...routines.values()].flatMap((routine) =>
      aliasesIn(profile, routine).filter(({ name, shared }) => routines.has(name) && !shared),
    );
    expect(taken).toEqual([]);
  });
});

it('4.14 unmaps for reclaim and for a migration in one function: its name stops in both', () => {
  const text =
    'device gpu0 private 1MiB\nprocess app {\n    buf = mmap 4KiB\n    write buf = 1\n    migrate buf to gpu0\n}\n';
  const map = new CodeMap(buildRun(programOf(text, '4.14')).linked, '/test.hmm');
  const names = map.entries('try_to_unmap').map((pc) => map.routineAt(pc)?.routine.name);
  expect(names.sort()).toEqual(['try_to_migrate', 'try_to_unmap']);
});

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
