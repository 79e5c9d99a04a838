import { describe, expect, it } from 'vitest';
import type { PageTableNode } from '../../src/protocol';
import { Client } from './client';

const path = '/scenarios/tables.hmm';
const text = `profile 6.12
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 8MiB anon rw
    write buf = 0x11
    migrate buf[0..1025] to gpu0
    migrate buf[1030..1034] to gpu0
    mprotect buf[1200..1210] r
    read buf[1031] expect 0x11
    fork child {
        read buf[1033] expect 0x11
        exit 0
    }
    wait child
}
`;

async function stopped(condition: string): Promise<Client> {
  const c = new Client(new Map([[path, text]]));
  await c.startAtFault(condition);
  return c;
}

const children = async (c: Client, parent?: PageTableNode): Promise<PageTableNode[]> =>
  (await c.request('hmm/pageTables', parent === undefined ? {} : { parent: parent.id })).nodes;

/** Every entry below a node, runs opened. */
async function entries(c: Client, node: PageTableNode): Promise<PageTableNode[]> {
  if (node.level === 'pte') return [node];
  const below = await Promise.all((await children(c, node)).map((child) => entries(c, child)));
  return below.flat();
}

async function bufferOf(c: Client, process: string): Promise<PageTableNode> {
  const root = (await children(c)).find(({ id }) => id === process);
  const vma = (await children(c, root)).find(({ label }) => label.startsWith('buf['));
  if (vma === undefined) throw new Error(`no buffer in ${process}`);
  return vma;
}

describe('the page-table tree', () => {
  it('counts what a mapping has where, in whole and table by table', async () => {
    const c = await stopped('address in buf[1031..1032]');
    const [vma, rest] = (await children(c, (await children(c))[0])).filter(({ level }) => level === 'vma');
    expect(vma).toMatchObject({ label: 'buf[0..1200] rw-p anon', hasChildren: true, faulting: true });
    expect(vma?.description).toBe('1200 pages: 1029 gpu0 rw, 171 RAM rw');
    expect(rest).toMatchObject({ label: 'buf[1200..1210] r--p anon', faulting: false });
    expect(rest?.description).toBe('10 pages: 10 RAM r-');
  });

  it('joins like tables and like entries in one row, and leaves the faulting entry alone', async () => {
    const c = await stopped('address in buf[1031..1032]');
    const vma = await bufferOf(c, 'app');
    const [pud] = await children(c, vma);
    const tables = await children(c, pud);
    // The buffer begins with the last entry of a table: 1 + 512 + 512 pages of it are all on the device.
    expect(tables[0]).toMatchObject({
      level: 'run',
      label: 'buf[0..1025]',
      device: 'gpu0',
      entry: 'device-private',
    });
    expect(tables[0]?.description).toMatch(/^gpu0 rw · PMD\[\d+\.\.\d+\]$/);
    const rows = await children(c, tables[1]);
    expect(rows.map(({ label, faulting }) => (faulting ? `${label}!` : label))).toEqual([
      'buf[1025..1030]',
      'buf[1030]',
      'buf[1031]!',
      'buf[1032..1034]',
      'buf[1034..1200]',
    ]);
    expect(rows[2]?.description).toMatch(/^gpu0 rw · fault pending · pfn 0x[0-9a-f]+ · PTE\[\d+\]$/);
  });

  it('shows each page of a mapping exactly once', async () => {
    const c = await stopped('address in buf[1031..1032]');
    const found = await entries(c, await bufferOf(c, 'app'));
    expect(found.map(({ place }) => place)).toEqual(Array.from({ length: 1200 }, (_, i) => `buf[${i}]`));
    const expected = (i: number) => (i < 1025 || (i >= 1030 && i < 1034) ? 'device-private' : 'present');
    expect(found.map(({ entry }) => entry)).toEqual(found.map((_, i) => expected(i)));
  });

  it('opens an entry as its fields', async () => {
    const c = await stopped('address in buf[1031..1032]');
    const { path: way } = await c.request('hmm/locate', { expression: 'buf[1031]' });
    const fields = await children(c, way.at(-1));
    const value = (name: string) => fields.find(({ label }) => label === name)?.description ?? '';
    expect(value('kind')).toMatch(/^device-private · /);
    expect(value('page')).toMatch(/^pfn 0x[0-9a-f]+ \(gpu0, Device\)$/);
    expect(value('refcount')).toBe('2');
    expect(fields.filter(({ label }) => label === 'held by')).toHaveLength(2);
    expect(fields.every(({ level, hasChildren }) => level === 'field' && !hasChildren)).toBe(true);
  });

  it('finds the way to an expression, to the newest fault, and to the other places of a page', async () => {
    const c = await stopped('address in buf[1033..1034]');
    const newest = await c.request('hmm/locate', {});
    expect(newest.path.map(({ level }) => level)).toEqual(['process', 'vma', 'pud', 'pmd', 'pte']);
    expect(newest.path.at(-1)).toMatchObject({ process: 'child', place: 'buf[1033]', faulting: true });
    const address = newest.path.at(-1)?.address ?? '';
    const { mappings } = await c.request('hmm/mappings', { process: 'child', address });
    expect(mappings.map(({ process, place }) => `${process} ${place}`)).toEqual([
      'app buf[1033]',
      'child buf[1033]',
    ]);
    const other = await c.request('hmm/locate', { process: 'app', address });
    expect(other.path.at(-1)).toMatchObject({ process: 'app', place: 'buf[1033]', faulting: false });
    const run = await c.request('hmm/locate', { expression: 'buf[1500]' });
    expect(run.path.map(({ level }) => level)).toEqual(['process', 'vma', 'pud', 'run', 'pmd', 'run', 'pte']);
    const { text: why } = await c.request('hmm/why', { process: 'app', address });
    expect(why).toContain('buf[1033]');
  });

  it('says in a sentence what names no place', async () => {
    const c = await stopped('address in buf[1031..1032]');
    const refused = async (args: object) => (await c.ask('hmm/locate', args)).message;
    expect(await refused({ expression: 'gpu0' })).toMatch(/`gpu0` is a device; a page or an address/);
    expect(await refused({ expression: 'bfu[3]' })).toMatch(/buf/);
    expect(await refused({ process: 'nobody', address: '0x1000' })).toBe(
      'There is no process nobody with memory.',
    );
    expect(await refused({ process: 'app', address: 'x' })).toBe('x is no address.');
    expect((await c.request('hmm/locate', { expression: '0x1000' })).path).toHaveLength(1);
    expect((await c.request('hmm/pageTables', { parent: 'app/vma:1000/pgd:1' })).nodes).toEqual([]);
    expect((await c.request('hmm/pageTables', { parent: 'app/vma' })).nodes).toEqual([]);
  });
});
