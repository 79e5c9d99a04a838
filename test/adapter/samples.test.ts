import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inProject } from '../tools/project';
import { Client } from './client';

const files = readdirSync(inProject('scenarios')).filter((name) => name.endsWith('.hmm'));

describe.each(files)('%s', (name) => {
  it.each(['6.12', '4.14'])('is stepped through to its end and back under %s', async (profile) => {
    const path = inProject('scenarios', name);
    const c = new Client(new Map([[path, readFileSync(path, 'utf8')]]));
    await c.start({ profile, stopOnEntry: true });
    const hash = () => c.adapter.session.engine.kernel.store.hash();
    const start = hash();
    const times: number[] = [];
    for (let i = 0; i < 500; i++) {
      const threads = await c.threads();
      const stop = await c.move('next', { threadId: threads[0]?.id ?? 1 });
      expect(stop.reason, c.console.slice(-3).join('\n')).toMatch(/step|pause/);
      times.push(c.adapter.session.time);
      if (stop.description === 'Paused at the end') break;
    }
    expect(c.adapter.session.atEnd).toBe(true);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const end = hash();
    const frame = await c.topFrame(1);
    for (const scope of (await c.request('scopes', { frameId: frame })).scopes)
      await c.request('variables', { variablesReference: scope.variablesReference });
    expect(await c.move('reverseContinue', { threadId: 1 })).toMatchObject({ reason: 'entry' });
    expect(hash()).toBe(start);
    await c.move('continue', { threadId: 1 });
    expect(hash()).toBe(end);
  });
});
