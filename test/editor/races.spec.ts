import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildRun, compileScenario } from '../../src/program';
import { pendingFaults } from '../../src/view/inspect/faults';
import { EditorWindow } from './editor-window';

const scenario = (
  seed: number,
): string => `# Two threads in the fault of one device page: one migrates it, the other one waits for that.
profile 6.12
machine { cpus 2 }
device gpu0 private 64MiB driver dmirror
schedule seed ${seed}

process app {
    buf = mmap 4KiB anon rw
    write buf = 0x11
    migrate buf to gpu0
    thread A cpu 0 {
        barrier ready
        read buf[0] expect 0x11
    }
    thread B cpu 1 {
        barrier ready
        read buf[0] expect 0x11
    }
    barrier ready
    join A
    join B
}
`;

/** The first time at which one of the threads waits in its fault for the other one; undefined: the seed never lets them. */
function timeOfWait(text: string): number | undefined {
  const { program } = compileScenario(text, 'race.hmm');
  if (!program) throw new Error('the scenario has errors');
  const { interpreter, kernel, world } = buildRun(program);
  while (kernel.time < 3000 && interpreter.run(kernel.time + 1, false) === 'time') {
    const faults = pendingFaults(world);
    if (faults.length === 2 && faults.some((fault) => fault.kind === 'cpu' && fault.heldBy !== undefined))
      return kernel.time;
  }
  return undefined;
}

function findRace(): { text: string; time: number } {
  for (let seed = 1; seed <= 100; seed++) {
    const text = scenario(seed);
    const time = timeOfWait(text);
    if (time !== undefined) return { text, time };
  }
  throw new Error('no seed makes one thread wait for the other');
}

const { text: raceText, time: raceTime } = findRace();

let window: EditorWindow;
beforeAll(async () => {
  window = await EditorWindow.open({ 'race.hmm': raceText });
  await window.showDebugViews();
});
afterAll(() => window.close());

/** Stands where one of the threads waits for the other one. */
beforeEach(async () => {
  await window.startDebugging();
  await window.expandPanes('Call Stack');
  await window.rows('Call Stack', 'do_swap_page').first().waitFor();
  await window.seek(String(raceTime));
  await expect.poll(() => window.time()).toBe(String(raceTime));
});

test('Pending Faults shows both threads and who waits for whom', async () => {
  await window.collapsePanes('Watch', 'Breakpoints', 'Callbacks', 'Variables');
  await window.expandPanes('Pending Faults');
  const waits = window.rows('Pending Faults', /waits for .* held by app\.[AB] in/);
  await waits.waitFor();
  for (const task of ['app.A', 'app.B'])
    await window.rows('Pending Faults', `${task}: read buf[0]`).waitFor();
  await window.expand(waits);
  await window.rows('Pending Faults', /^held by/).waitFor();
});

test('a command tells who waits for whom in the Debug Console', async () => {
  const line = window.consoleLine(/app\.[AB] → .* → app\.[AB], in/);
  await window.command('HMM: Show Who Waits for Whom', () => line.isVisible());
  await window.screenshot('two-threads-in-one-fault');
});
