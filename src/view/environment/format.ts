/** Numbers as kernel people write them. */

import { FaultFlag, HmmPfn, MigratePfn, NOTIFY_NAMES, Select, VmFault } from '../../engine/kernel/constants';
import { Foll } from '../../engine/kernel/mm/gup/foll';
import { Vm } from '../../engine/machine/address-spaces';
import { PG_NAMES } from '../../engine/machine/pages';
import { ERRNOS } from '../../language/signals';

/** `0x00007f0000003000` */
export const showAddress = (va: number): string => `0x${va.toString(16).padStart(16, '0')}`;
/** `0x3fffff` */
export const showHex = (value: number): string =>
  value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;

/** Names of the bits that are set, and what is left as a number: `VM_FAULT_RETRY|0x8000`; `0` for none. */
function showBits(value: number, names: readonly (readonly [string, number])[]): string {
  const found = names.filter(([, bit]) => (value & bit) !== 0);
  const rest = found.reduce((left, [, bit]) => left & ~bit, value);
  const words = found.map(([name]) => name);
  if (rest !== 0) words.push(showHex(rest));
  return words.length > 0 ? words.join('|') : '0';
}

/** `AllowRetry` as the kernel spells it: `ALLOW_RETRY`. */
const upper = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();

const { Populate, Restarts, ...FOLL } = Foll;
/** The kernel says the last two in other ways: by a flag of madvise's own, and by who passes no `locked`. */
const FOLL_BITS = [
  ...named('FOLL_', FOLL),
  ['FOLL_MADV_POPULATE', Populate],
  ['the caller begins again', Restarts],
] as const;

function named(prefix: string, bits: Readonly<Record<string, number>>): (readonly [string, number])[] {
  return Object.entries(bits).map(([name, bit]) => [`${prefix}${upper(name)}`, bit]);
}
const shows = (bits: readonly (readonly [string, number])[]) => (value: number) => showBits(value, bits);

export const showFaultFlags = shows(named('FAULT_FLAG_', FaultFlag));
export const showVmFault = shows(named('VM_FAULT_', VmFault));
export const showVmFlags = shows(
  Object.entries(Vm).map(([name, bit]) => [`VM_${name.toUpperCase()}`, bit] as const),
);
export const showFoll = shows(FOLL_BITS);
/** An entry of 2 MiB says so by its order. */
export const showHmmPfn = shows(
  named('HMM_PFN_', HmmPfn).map(([name, bit]) => [bit === HmmPfn.Huge ? 'order 9' : name, bit]),
);
export const showHmmNeed = shows([
  ['HMM_NEED_FAULT', 1],
  ['HMM_NEED_WRITE_FAULT', 2],
]);
export const showMigratePfn = shows(named('MIGRATE_PFN_', MigratePfn));
export const showSelect = shows(named('MIGRATE_VMA_SELECT_', Select));
export const showPageFlags = (flags: number): string => showBits(flags, PG_NAMES);
export const showNotify = (event: number): string => {
  const name = NOTIFY_NAMES[event];
  return name === undefined ? String(event) : `MMU_NOTIFY_${name}`;
};

/** `-ENOMEM (-12)` */
export function showErrno(value: number): string {
  for (const [name, number] of ERRNOS) if (number === -value) return `-${name} (${value})`;
  return String(value);
}

/** `rw-p`, as in /proc/PID/maps. */
export function showProtection(flags: number): string {
  const letter = (bit: number, text: string) => ((flags & bit) !== 0 ? text : '-');
  const sharing = (flags & Vm.Shared) !== 0 ? 's' : 'p';
  return letter(Vm.Read, 'r') + letter(Vm.Write, 'w') + letter(Vm.Exec, 'x') + sharing;
}
