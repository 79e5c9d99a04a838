/** The schedule that ran, launched again, gives the same run: every scenario that comes with the extension, also under seeds. */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { load } from '../../src/adapter/loader';
import { DebugSession } from '../../src/debugger/session';
import type { Event } from '../../src/engine/routine/events';
import { finish } from '../../src/engine/time/work';
import { hostOf } from './client';

const FOLDER = new URL('../../scenarios/', import.meta.url);
const files = (folder: string): string[] =>
  readdirSync(new URL(folder, FOLDER))
    .filter((name) => name.endsWith('.hmm'))
    .map((name) => `${folder}${name}`);
const FILES = [...files('./'), ...files('races/')];

/** Long enough for every race; those with a livelock have no end. */
const TIME = 3000;

async function session(file: string, schedule: string | undefined): Promise<DebugSession> {
  const host = hostOf(async () => readFileSync(new URL(file, FOLDER)));
  const launch = { program: `/${file}`, ...(schedule === undefined ? {} : { schedule }) };
  const loaded = new DebugSession(await load(host, launch, () => {}), { interval: 32 });
  loaded.exceptions.set([]);
  finish(loaded.seek(TIME));
  return loaded;
}

const logOf = ({ engine }: DebugSession): Event[] => [...engine.kernel.events.between(0, engine.time)];

describe.each(FILES)('%s', (file) => {
  it.each([undefined, 'seed 3', 'seed 9'])('runs again by its copied schedule (%s)', async (schedule) => {
    const first = await session(file, schedule);
    const again = await session(file, finish(first.scheduleThatRan()));
    expect(again.time).toBe(first.time);
    expect(logOf(again)).toEqual(logOf(first));
  });
});
