import { expect, it } from 'vitest';
import { Client } from './client';

const path = '/scenarios/why.hmm';
const text = `profile 6.12
device gpu0 private 64MiB
process app {
    buf = mmap 16KiB anon rw
    write buf = 0x11
    pin buf[1] w as p
    migrate buf to gpu0
    read buf[0]
    read buf[1]
}
`;
const REASON = /refcount 1027: from 1024 on it may be pinned; held by pin p of app since step \d+ \(line 6\)/;

it('says why a page stayed: in a hover, in This Page and in the Debug Console', async () => {
  const c = new Client(new Map([[path, text]]));
  await c.start({ program: path }, () =>
    c.request('setFunctionBreakpoints', { breakpoints: [{ name: 'page_fault' }] }),
  );
  const ask = (expression: string, context: 'hover' | 'repl') =>
    c.request('evaluate', { expression, context });
  expect((await ask('buf[1]', 'hover')).result).toMatch(REASON);
  expect((await ask('buf[2]', 'hover')).result).not.toMatch(/stayed/);
  expect((await ask('why buf[1]', 'repl')).result).toMatch(REASON);
  const { variablesReference } = await ask('buf[1].page', 'repl');
  const page = await c.children(variablesReference);
  expect(page['why']?.value).toMatch(REASON);
});
