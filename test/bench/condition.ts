/** What the test of a breakpoint on a callback costs: asked again and again where the run stands at one. */

import { DebugSession } from '../../src/debugger/session';
import { finish } from '../../src/engine/time/work';
import { moveTo, sceneOf } from '../../src/view/environment';
import { type Finding, time } from './figure';
import { scenario, seconds, settled } from './workload';

const HITS = 200_000;
const BODY = 'buf = mmap 16KiB anon rw\nwrite buf = 1\nmigrate buf to gpu0\nread buf';
const CONDITIONS = ['page.refcount > 1000', 'address in buf[0..4] && device == gpu0 && page.refcount > 1000'];

/** Seconds a hit, with a condition that doesn't hold. */
function conditionCost(condition: string): number {
  const { interpreter, schedule, world, program } = scenario(BODY).run;
  const session = new DebugSession({ interpreter, schedule, world, path: program.file, text: program.text });
  finish(session.first());
  const [breakpoint] = session.breakpoints.setFunctions([{ name: 'page_fault', condition }]);
  const [pc] = session.breakpoints.pcs;
  if (breakpoint?.verified !== true || pc === undefined) throw new Error(`${condition} was not bound`);
  const scene = sceneOf(world);
  const { kernel } = world;
  const ask = (): void => {
    for (let i = 0; i < HITS; i++)
      if (session.breakpoints.at(pc, moveTo(scene, kernel.task), 'run') !== undefined)
        throw new Error(`${condition} was to hold nowhere`);
  };
  return settled(3, () => seconds(ask)) / HITS;
}

export const conditions = (): Finding[] =>
  CONDITIONS.map((condition) =>
    time(`a hit with \`${condition}\` (goal 200 ns)`, conditionCost(condition), 'ns'),
  );
