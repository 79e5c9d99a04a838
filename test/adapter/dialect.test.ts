/** Clients that count from 0, name files by URI, or name a file otherwise than it was launched. */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Adapter } from '../../src/adapter/adapter';
import { host } from '../../src/adapter/node';
import { Client } from './client';
import { client, path, text } from './two-pages';

describe('a client that counts from 0 and names files by URI', () => {
  it('is understood and answered in its own way', async () => {
    const c = client();
    await c.request('initialize', {
      adapterID: 'hmm',
      linesStartAt1: false,
      columnsStartAt1: false,
      pathFormat: 'uri',
    });
    const program = pathToFileURL(path).href;
    await c.request('launch', { program });
    const source = { path: program };
    const { breakpoints } = await c.request('setBreakpoints', { source, breakpoints: [{ line: 9 }] });
    expect(breakpoints).toMatchObject([{ verified: true, line: 9, column: 4 }]);
    const places = await c.request('breakpointLocations', { source, line: 9 });
    expect(places.breakpoints).toEqual([{ line: 9, column: 4 }]);
    await c.move('configurationDone', {});
    const { stackFrames } = await c.request('stackTrace', { threadId: 1 });
    expect(stackFrames[0]).toMatchObject({ line: 9, column: 4, source });
    const { targets } = await c.request('completions', { text: 'gp', column: 2 });
    expect(targets).toMatchObject([{ label: 'gpu0', start: 0, length: 2 }]);
    expect((await c.request('source', { source, sourceReference: 0 })).content).toBe(text);
    const told = c.received.find(
      (m) => m.type === 'event' && JSON.stringify(m).includes('migrate_vma_setup'),
    );
    expect(told).toMatchObject({ body: { source, line: 8 } });
  });

  it('gets a sentence for a URI that is no file', async () => {
    const c = client();
    await c.request('initialize', { adapterID: 'hmm', pathFormat: 'uri' });
    expect((await c.ask('launch', { program: 'not a uri' })).message).toBe(
      'not a uri is not the URI of a file.',
    );
  });
});

describe('a file is known by any of its names', () => {
  let folder: string;
  let program: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hmm-names-'));
    mkdirSync(join(folder, 'sub'));
    program = join(folder, 'two.hmm');
    writeFileSync(program, text);
    symlinkSync(program, join(folder, 'link.hmm'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['a symbolic link', () => join(folder, 'link.hmm')],
    ['a way round', () => `${folder}/sub/../two.hmm`],
    ['a URI', () => pathToFileURL(program).href],
    ['a relative path', () => relative(process.cwd(), program)],
  ])('%s', async (_, name) => {
    for (const [launched, named] of [
      [program, name()],
      [name(), program],
    ] as const) {
      const c = new Client(new Map(), (onClose) => new Adapter(host, onClose));
      await c.request('initialize', { adapterID: 'hmm' });
      await c.request('launch', { program: launched });
      const breakpoints = [{ line: 10 }];
      const set = await c.request('setBreakpoints', { source: { path: named }, breakpoints });
      expect(set.breakpoints).toMatchObject([{ verified: true, line: 10 }]);
      await c.move('configurationDone', {});
      expect(await c.stack(1)).toEqual(['app:10']);
      expect(await c.move('restart', {})).toMatchObject({ reason: 'breakpoint' });
    }
  });
});
