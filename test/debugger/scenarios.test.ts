import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DebugSession } from '../../src/debugger/session';
import type { EngineOptions } from '../../src/engine/time/engine';
import { finish } from '../../src/engine/time/work';
import { buildRun, compileScenario } from '../../src/program';

/** One statement on four pages of a buffer and a device; what it expects does not matter here. */
const range = fc
  .tuple(fc.nat(7), fc.integer({ min: 1, max: 8 }))
  .map(([first, length]) => `buf[${first}..${Math.min(8, first + length)}]`);
const statement = fc.oneof(
  range.map((r) => `write ${r} = 7`),
  range.map((r) => `read ${r}`),
  range.map((r) => `migrate ${r} to gpu0`),
  range.map((r) => `migrate ${r} from gpu0`),
  range.map((r) => `gpu0 read ${r}`),
  range.map((r) => `gpu0 write ${r} = 3`),
  range.map((r) => `madvise ${r} dontneed`),
);
const threads = fc.array(fc.array(statement, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 });

function text(bodies: readonly (readonly string[])[], seed: number): string {
  const blocks = bodies.map(
    (lines, i) => `    thread T${i} {\n${lines.map((l) => `        ${l}`).join('\n')}\n    }`,
  );
  const joins = bodies.map((_, i) => `    join T${i}`);
  return [
    'device gpu0 private 64MiB driver dmirror',
    `schedule seed ${seed}`,
    'process app {',
    '    buf = mmap 32KiB',
    ...blocks,
    ...joins,
    '}',
    '',
  ].join('\n');
}

function session(scenario: string, profile: string, options: EngineOptions): DebugSession {
  const { program, diagnostics } = compileScenario(scenario, '/random.hmm', { profile });
  if (!program) throw new Error(diagnostics.map(({ message }) => message).join());
  const { interpreter, schedule, world } = buildRun(program);
  return new DebugSession({ interpreter, schedule, world, path: '/random.hmm', text: scenario }, options);
}

const hash = (s: DebugSession) => s.engine.kernel.store.hash();

describe.each(['7.2', '6.12', '6.1', '4.14'])('random scenarios under %s', (profile) => {
  it('have one machine for each time, whichever way it is reached', () => {
    fc.assert(
      fc.property(
        threads,
        fc.nat(1000),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 6 }),
        (bodies, seed, parts) => {
          const scenario = text(bodies, seed);
          const straight = session(scenario, profile, { checkpointBytes: 0 });
          const jumping = session(scenario, profile, { interval: 100 });
          finish(straight.continue());
          finish(jumping.continue());
          expect(hash(jumping)).toBe(hash(straight));
          for (const part of parts) {
            const time = Math.floor(part * straight.time);
            finish(jumping.seek(time));
            const fresh = session(scenario, profile, { interval: 1000 });
            finish(fresh.seek(time));
            expect(hash(jumping)).toBe(hash(fresh));
          }
        },
      ),
      { numRuns: 12 },
    );
  });

  it('are the same at each breakpoint when going back to it', () => {
    fc.assert(
      fc.property(threads, fc.nat(1000), fc.integer({ min: 1, max: 12 }), (bodies, seed, n) => {
        const s = session(text(bodies, seed), profile, { interval: 64 });
        s.breakpoints.setFunctions([{ name: 'handle_mm_fault' }]);
        const seen: [number, number][] = [];
        while (seen.length < n && finish(s.continue()).reason === 'function breakpoint')
          seen.push([s.time, hash(s)]);
        if (!s.atEnd) seen.pop();
        for (const [time, expected] of seen.reverse()) {
          expect(finish(s.reverseContinue()).reason).toBe('function breakpoint');
          expect([s.time, hash(s)]).toEqual([time, expected]);
        }
      }),
      { numRuns: 15 },
    );
  });
});
