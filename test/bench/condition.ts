/** What the test of a breakpoint on a callback costs: asked again and again where the run stands at one. */

import { DebugSession } from '../../src/debugger/session';
import { finish } from '../../src/engine/time/work';
import { moveTo, sceneOf } from '../../src/view/environment';
import { best, scenario } from './workload';

const HITS = 200_000;
const BODY = 'buf = mmap 4KiB anon rw\nwrite buf = 1\nmigrate buf to gpu0\nread buf';

/** Seconds a hit, with a condition that doesn't hold. */
export function conditionCost(condition: string): number {
  const { interpreter, schedule, world, program } = scenario(BODY).run;
  const session = new DebugSession({ interpreter, schedule, world, path: program.file, text: program.text });
  finish(session.first());
  const [breakpoint] = session.breakpoints.setFunctions([{ name: 'page_fault', condition }]);
  const [pc] = session.breakpoints.pcs;
  if (breakpoint?.verified !== true || pc === undefined) throw new Error(`${condition} was not bound`);
  const scene = sceneOf(world);
  const { kernel } = world;
  let hits = 0;
  const time = best(
    5,
    () => {},
    () => {
      for (let i = 0; i < HITS; i++)
        if (session.breakpoints.at(pc, moveTo(scene, kernel.task), 'run') !== undefined) hits++;
    },
  );
  if (hits > 0 || kernel.time === 0) throw new Error(`${condition} was to hold nowhere`);
  return time / HITS;
}
