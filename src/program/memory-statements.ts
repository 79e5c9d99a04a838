/** System calls that change an address space. */

import { Errno } from '../engine/kernel/constants';
import { alloc_file } from '../engine/kernel/fs/file';
import { Advice } from '../engine/kernel/mm/madvise/madvise';
import { Vm } from '../engine/machine/address-spaces';
import { type DeviceRow, type FileRow, type Vpn, vpnOf } from '../engine/machine/ids';
import type { Kernel } from '../engine/routine/kernel';
import type { MmapStatement, MprotectStatement, Prot, RangeStatement } from '../language/ast';
import { PAGE_SIZE } from '../language/numbers';
import type { Scene } from '../view/environment';
import { sys_madvise, sys_mlock, sys_mmap, sys_mprotect, sys_munlock, sys_munmap } from './calls';
import type { Body, RunContext } from './context';
import { type F, r, type ScenarioNode } from './frame';
import { rangeCode } from './ranges';
import { type Action, simple } from './simple';

/** Pages of a call's range as it takes them. */
export interface PageRange {
  start: Vpn;
  pages: number;
}

/** Locates a range for a call that takes whole pages: one that begins inside a page is EINVAL. */
export function prepareAligned(
  locate: (scene: Scene, f: F) => void,
): (k: Kernel, f: F, scene: Scene) => boolean {
  return (_, f, scene) => {
    locate(scene, f);
    if (f.$va % PAGE_SIZE === 0) return true;
    f.$ret = -Errno.EINVAL;
    return false;
  };
}

export function passRange(f: F, callee: PageRange): void {
  callee.start = vpnOf(f.$va);
  callee.pages = f.$pages;
}

export const keepReturn = (_: Kernel, f: F, value: number): void => {
  f.$ret = value;
};

export function munmapNodes(body: Body, statement: RangeStatement): ScenarioNode[] {
  const { range, outcome } = statement;
  return simple(body, statement, {
    prepare: prepareAligned(rangeCode(body, range, outcome).locate),
    nodes: [r.call('munmap()', sys_munmap, (_, f, callee) => passRange(f, callee), keepReturn)],
  });
}

export function mlockNodes(body: Body, statement: RangeStatement): ScenarioNode[] {
  const { range, outcome } = statement;
  return simple(body, statement, {
    prepare: prepareAligned(rangeCode(body, range, outcome).locate),
    nodes: [
      statement.kind === 'mlock'
        ? r.call('mlock()', sys_mlock, (_, f, callee) => passRange(f, callee), keepReturn)
        : r.call('munlock()', sys_munlock, (_, f, callee) => passRange(f, callee), keepReturn),
    ],
  });
}

export function mprotectNodes(body: Body, statement: MprotectStatement): ScenarioNode[] {
  const { range, outcome } = statement;
  const prot = protOf(statement.prot);
  return simple(body, statement, {
    prepare: prepareAligned(rangeCode(body, range, outcome).locate),
    nodes: [
      r.call(
        'mprotect()',
        sys_mprotect,
        (_, f, callee) => {
          passRange(f, callee);
          callee.prot = prot;
        },
        keepReturn,
      ),
    ],
  });
}

/** A protection as VMA flags; rw where nothing is said. */
function protOf(prot: Prot | undefined): number {
  if (prot === undefined) return Vm.Read | Vm.Write;
  return (prot.read ? Vm.Read : 0) | (prot.write ? Vm.Write : 0) | (prot.exec ? Vm.Exec : 0);
}

/** The file that a mapping maps, made where it is its own; 0 = none. */
function fileOf(ctx: RunContext, statement: MmapStatement, pages: number): FileRow {
  const { source, sharing } = statement;
  const { kernel: k } = ctx;
  if (source.kind === 'file') return ctx.fileRow(source.file.text);
  if (source.kind === 'shmem' && sharing === 'private') return alloc_file(k, pages, true, undefined);
  return 0 as FileRow;
}

export function mmapNodes(body: Body, statement: MmapStatement): ScenarioNode[] {
  const { ctx } = body;
  const { name, source, sharing, pages: pageKind } = statement;
  const size = body.number(statement.size);
  const at = statement.at === undefined ? undefined : body.number(statement.at);
  const flags =
    protOf(statement.prot) |
    (sharing === 'shared' ? Vm.Shared : 0) |
    (source.kind === 'device' ? Vm.MixedMap : 0) |
    (pageKind === 'hugetlb' ? Vm.HugeTlb : 0);
  const device = source.kind === 'device' ? ctx.deviceRow(source.device.text) : 0;
  body.own.add(name.text);
  const variable = ctx.variable(name.text);
  const prepare: Action['prepare'] = (_, f, scene) => {
    const bytes = size(scene);
    f.$pages = Math.ceil(bytes / PAGE_SIZE);
    f.$va = at === undefined ? 0 : at(scene);
    if (f.$va % PAGE_SIZE === 0 && bytes > 0) {
      f.$row = fileOf(ctx, statement, f.$pages);
      return true;
    }
    f.$ret = -Errno.EINVAL;
    return false;
  };
  const call = r.call(
    'mmap()',
    sys_mmap,
    (_: Kernel, f: F, callee) => {
      passRange(f, callee);
      callee.flags = flags;
      callee.file = f.$row as FileRow;
      callee.device = device as DeviceRow;
      callee.fixed = at === undefined ? 0 : 1;
      callee.aligned = pageKind === 'huge' ? 1 : 0;
    },
    (_, f, value) => {
      f.$ret = Math.min(value, 0);
      if (value < 0) return;
      f.$va = value * PAGE_SIZE;
      ctx.variables.setBuffer(ctx.process(), variable, f.$va, f.$pages);
    },
  );
  const advise = r.when('huge: advise the kernel so', (_, f) => f.$ret === 0, [
    r.call(
      'madvise(MADV_HUGEPAGE)',
      sys_madvise,
      (_, f, callee) => {
        passRange(f, callee);
        callee.advice = Advice.HUGEPAGE;
      },
      keepReturn,
    ),
  ]);
  return simple(body, statement, { prepare, nodes: pageKind === 'huge' ? [call, advise] : [call] });
}
