import { describe, expect, it } from 'vitest';
import { DRIVERS } from '../../src/engine/drivers';
import { boot } from '../../src/engine/kernel/boot';
import { alloc_page } from '../../src/engine/kernel/mm/page_alloc/page_alloc';
import { pgd_alloc, pte_alloc, set_pte } from '../../src/engine/kernel/mm/pgtable';
import { Vm } from '../../src/engine/machine/address-spaces';
import { Hold } from '../../src/engine/machine/holds';
import type { MmRow, ProcessRow, TaskRow, Vpn } from '../../src/engine/machine/ids';
import { PG_NAMES } from '../../src/engine/machine/pages';
import { PTE_WRITE, Pte } from '../../src/engine/machine/pte';
import { linux612 } from '../../src/engine/profiles/linux-6.12';
import { Kernel } from '../../src/engine/routine/kernel';
import { compileExpr, parseExpression, showValue } from '../../src/language';
import { FUNCTIONS } from '../../src/language/functions';
import { knownType } from '../../src/language/make-type';
import {
  NAMES,
  PAGE_FLAG_NAMES,
  SITUATION,
  THINGS,
  type Thing,
  type ThingName,
  ZONE_COUNTER_NAMES,
} from '../../src/language/things';
import { environment, moveTo, sceneOf, Variables, type World } from '../../src/view/environment';
import { typeNamed } from '../../src/view/environment/type-parts';

const BUF = 0x7f0000000000;

/** A process with a buffer of 4 pages, the second of which is mapped; built by hand, without routines. */
function world(): World {
  const kernel = new Kernel(linux612, DRIVERS);
  boot(kernel, {
    cpus: 1,
    nodes: [{ zones: [{ kind: 'normal', pages: 65536 }] }],
    devices: [{ kind: 'private', pages: 16384, node: 0, driver: 0 }],
  });
  const names = {
    tasks: ['app'],
    threads: new Set<number>(),
    devices: ['gpu0'],
    files: [],
    pins: [],
    barriers: [],
    variables: [
      { name: 'buf', kind: 'buffer' as const },
      { name: 'v', kind: 'value' as const },
    ],
    constants: new Map([['pages', 16]]),
  };
  const variables = new Variables(kernel.store, names.variables.length);
  const process = kernel.tasks.processes.alloc() as ProcessRow;
  const task = kernel.tasks.tasks.alloc() as TaskRow;
  const mm = kernel.mm.mms.alloc() as MmRow;
  kernel.tasks.process.set(task, process);
  kernel.tasks.mm.set(process, mm);
  kernel.mm.process.set(mm, process);
  kernel.mm.pgd.set(mm, pgd_alloc(kernel));
  const vma = kernel.mm.vmas.alloc();
  kernel.mm.start.set(vma, BUF / 4096);
  kernel.mm.end.set(vma, BUF / 4096 + 4);
  kernel.mm.flags.set(vma, Vm.Read | Vm.Write | Vm.MayWrite);
  kernel.mm.mm.set(vma, mm);
  kernel.mm.firstVma.set(mm, vma);
  variables.setBuffer(process, 0, BUF, 4);
  variables.setValue(process, 1, 0x21);
  const page = alloc_page(kernel, Hold.Driver, 0);
  kernel.contents.fill(page, 0x11);
  set_pte(kernel, pte_alloc(kernel, mm, (BUF / 4096 + 1) as Vpn), Pte.Present | PTE_WRITE, page);
  return { kernel, routines: [], names, variables };
}

function evaluate(text: string): string {
  const { expr, problems } = parseExpression(text);
  if (expr === undefined) return problems.map(({ message }) => message).join();
  const here = world();
  const result = compileExpr(expr, environment(here));
  if (!result.ok) return result.problem.message;
  const scene = moveTo(sceneOf(here), 1 as TaskRow);
  return showValue(result.compiled.evaluate(scene), result.compiled.type, scene);
}

describe('expressions over a machine', () => {
  it.each([
    ['buf[1].page.zone == Normal', 'true'],
    ['buf[0].page', 'none'],
    ['buf[0].page == none', 'true'],
    ['buf[1].page.value', '0x11'],
    ['buf[1].page.refcount', '1'],
    ['buf[0..2].page.value', '[none, 0x11]'],
    ['page(buf + 4096) == buf[1].page', 'true'],
    ['pte(buf + 0x1000).write', 'true'],
    ['pte(buf) == none', 'true'],
    ['vma(buf).pages', '4'],
    ['buf + 0x1000 in buf[1..2]', 'true'],
    ['buf in buf[1..2]', 'false'],
    ['buf == 0x7f0000000000', 'true'],
    ['app.buf[1].page.value == 0x11 and v == 0x21', 'true'],
    ['pages * 2 == 32', 'true'],
    ['gpu0.used', '0'],
    ['gpu0.free == gpu0.total', 'true'],
    ['zone.Device.spanned', '32768'],
    ['zone.Device.present', '0'],
    ['callbacks.page_fault', '0'],
    ['max(buf[1..2].page.refcount, 0)', '1'],
  ])('%s is %s', (text, value) => {
    expect(evaluate(text)).toBe(value);
  });

  it('names the nearest name for one that is not there', () => {
    expect(evaluate('bof[1].page')).toContain('did you mean `buf`');
    expect(evaluate('buf[1].page.refcont')).toContain('did you mean `refcount`');
    expect(evaluate('buf[1].page == gpu0')).toContain('cannot be compared');
    expect(evaluate('pte(gpu0)')).toContain('takes one address');
  });
});

describe('what is known of things', () => {
  const resolver = environment(world());
  const everyThing = Object.entries(THINGS).map(
    ([name, facts]) => [name as ThingName, facts as Thing] as const,
  );

  it.each(everyThing)(
    'a machine answers for every member of %s, by the same names and types',
    (name, facts) => {
      const type = typeNamed(name);
      expect(type.members?.()).toEqual(Object.keys(facts.members));
      for (const member of Object.keys(facts.members)) {
        const known = knownType(name).member?.(member);
        expect(type.member?.(member)?.type.name).toBe(known?.type.name);
        expect(known?.doc).not.toBe('');
      }
      expect(type.index === undefined).toBe(facts.element === undefined);
      expect(type.slice === undefined).toBe(facts.range === undefined);
    },
  );

  it('has every flag of a page and every counter of a zone', () => {
    expect([...PAGE_FLAG_NAMES].sort()).toEqual(PG_NAMES.map(([name]) => name).sort());
    for (const counter of ZONE_COUNTER_NAMES) expect(evaluate(`zone.Normal.${counter}`)).toMatch(/^\d+$/);
  });

  it('has every name and function that the checker accepts', () => {
    for (const name of [...Object.keys(NAMES), ...Object.keys(SITUATION)])
      expect(resolver.name(name), name).toBeDefined();
    for (const name of Object.keys(FUNCTIONS)) expect(resolver.call?.(name), name).toBeDefined();
  });
});
