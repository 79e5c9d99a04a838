/** The CPU's own accesses: read, write, fill, add, and the kernel's copies for a system call. */

import { cpu_access } from '../engine/kernel/arch/x86/mm/fault';
import { Errno } from '../engine/kernel/constants';
import { leaf_offset, subpage } from '../engine/kernel/mm/pgtable';
import { type PageRow, vpnOf } from '../engine/machine/ids';
import type { Kernel } from '../engine/routine/kernel';
import { EvaluationError } from '../language/arithmetic';
import type {
  AddStatement,
  Expr,
  LetReadStatement,
  Outcome,
  Range,
  RangeStatement,
  StoreStatement,
  UserCopyStatement,
} from '../language/ast';
import { PAGE_SIZE } from '../language/numbers';
import type { Body, NumberCode } from './context';
import { appendData } from './data';
import { type F, r, type ScenarioNode } from './frame';
import { rangeCode } from './ranges';
import { type Action, simple } from './simple';

/** Bytes of a read that are kept although nobody expects them, for the log. */
const SHOWN_BYTES = 16;

interface Access {
  readonly range: Range;
  readonly outcome: Outcome | undefined;
  readonly write: boolean;
  /** The kernel does it for a system call; `value` is how many bytes of each page it copies. */
  readonly kernel?: boolean;
  /** What cpu_access stores; LEAVE where `done` does it. */
  readonly stored: (f: F) => number;
  /** The access to one page has completed. */
  readonly done?: (k: Kernel, f: F, byte: number) => void;
  readonly value?: NumberCode;
}

/** Value for cpu_access: a write access that stores nothing itself. */
const LEAVE = -1;

const vaOfPage = (f: F): number => f.$va + f.$done * PAGE_SIZE;

/** The page that the access just completed went to. */
function pageAt(k: Kernel, va: number): PageRow {
  const entry = leaf_offset(k, k.tasks.mmOf(k.task), vpnOf(va));
  return subpage(k, entry, k.tables.hi.get(entry) as PageRow, vpnOf(va));
}

function accessNodes(access: Access, single: boolean): ScenarioNode[] {
  const call = r.call(
    access.write ? 'store' : 'load',
    cpu_access,
    (_, f, callee) => {
      callee.va = vaOfPage(f);
      callee.write = access.write ? 1 : 0;
      callee.copied = access.kernel === true ? f.$value : 0;
      callee.value = access.stored(f);
    },
    (k, f, byte) => {
      if (byte < 0) {
        f.$done = f.$pages;
        f.$ret = -Errno.EFAULT;
        return;
      }
      access.done?.(k, f, byte);
      f.$done++;
    },
  );
  if (single) return [call];
  return [r.loop('pages are left', (_, f) => f.$done < f.$pages, [r.yield('Y14'), call])];
}

/** Accesses the pages of a range in turn, and stops at the first signal. */
function accessAction(body: Body, access: Access): Action {
  const { locate, single } = rangeCode(body, access.range, access.outcome);
  return {
    prepare: (_, f, scene) => {
      locate(scene, f);
      f.$done = 0;
      if (access.value !== undefined) f.$value = access.value(scene);
      return true;
    },
    nodes: accessNodes(access, single),
    manyBytes: !single && access.outcome?.data !== undefined && !access.write,
  };
}

function keepByte(outcome: Outcome | undefined): (k: Kernel, f: F, byte: number) => void {
  const all = outcome?.data !== undefined;
  return (k, f, byte) => {
    if (f.$done === 0) f.$ret = byte;
    if (all || f.$done < SHOWN_BYTES) appendData(k, f, byte);
  };
}

export function readNodes(body: Body, statement: RangeStatement): ScenarioNode[] {
  const { range, outcome } = statement;
  return simple(
    body,
    statement,
    accessAction(body, { range, outcome, write: false, stored: () => 0, done: keepByte(outcome) }),
  );
}

export function letReadNodes(body: Body, statement: LetReadStatement): ScenarioNode[] {
  const { range, outcome, name } = statement;
  const { ctx } = body;
  const action = accessAction(body, {
    range,
    outcome,
    write: false,
    stored: () => 0,
    done: keepByte(outcome),
  });
  body.own.add(name.text);
  const variable = ctx.variable(name.text);
  return simple(body, statement, {
    ...action,
    after: (_, f) => {
      if (f.$ret >= 0) ctx.variables.setValue(ctx.process(), variable, f.$ret);
    },
  });
}

function byteCode(body: Body, statement: StoreStatement): NumberCode {
  const value = body.number(statement.value);
  return (scene) => {
    const byte = value(scene);
    if (byte < 0 || byte > 255) throw new EvaluationError(`a byte is between 0 and 255, not ${byte}`);
    return byte;
  };
}

export function storeNodes(body: Body, statement: StoreStatement): ScenarioNode[] {
  const { range, outcome, rising } = statement;
  const byte = (f: F): number => (rising ? (f.$value + f.$done) & 255 : f.$value);
  const access: Access = { range, outcome, write: true, stored: byte, value: byteCode(body, statement) };
  const fill = (k: Kernel, f: F): void => k.contents.fill(pageAt(k, vaOfPage(f)), byte(f));
  return simple(
    body,
    statement,
    accessAction(body, statement.kind === 'fill' ? { ...access, done: fill } : access),
  );
}

/** An atomic read-modify-write: one write access, whose store depends on what was there. */
export function addNodes(body: Body, statement: AddStatement): ScenarioNode[] {
  const { range, outcome } = statement;
  const done = (k: Kernel, f: F, byte: number): void => {
    const va = vaOfPage(f);
    k.contents.write(pageAt(k, va), va % PAGE_SIZE, byte + f.$value);
  };
  const value = body.number(statement.value);
  return simple(
    body,
    statement,
    accessAction(body, { range, outcome, write: true, stored: () => LEAVE, done, value }),
  );
}

function copiedBytes(body: Body, bytes: Expr): NumberCode {
  const count = body.number(bytes);
  return (scene) => {
    const copied = count(scene);
    if (copied < 1 || copied > PAGE_SIZE)
      throw new EvaluationError(`between 1 and ${PAGE_SIZE} bytes of a page can be copied, not ${copied}`);
    return copied;
  };
}

/** The kernel's copy for a system call: what would be a signal is EFAULT. The bytes stay as they are. */
export function userCopyNodes(body: Body, statement: UserCopyStatement): ScenarioNode[] {
  const { range, outcome, kind, bytes } = statement;
  const write = kind === 'copy_to_user';
  const value = bytes === undefined ? () => 1 : copiedBytes(body, bytes);
  const access: Access = { range, outcome, write, kernel: true, stored: () => LEAVE, value };
  return simple(body, statement, accessAction(body, access));
}
