/** Numbers as kernel people write them. */

import { FaultFlag, NOTIFY_NAMES, VmFault } from '../../engine/kernel/constants';
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

const FAULT_FLAG_BITS = Object.entries(FaultFlag).map(
  ([name, bit]) => [`FAULT_FLAG_${upper(name)}`, bit] as const,
);
const VM_FAULT_BITS = Object.entries(VmFault).map(([name, bit]) => [`VM_FAULT_${name}`, bit] as const);
const VM_BITS = Object.entries(Vm).map(([name, bit]) => [`VM_${name.toUpperCase()}`, bit] as const);

export const showFaultFlags = (flags: number): string => showBits(flags, FAULT_FLAG_BITS);
export const showVmFault = (value: number): string => showBits(value, VM_FAULT_BITS);
export const showVmFlags = (flags: number): string => showBits(flags, VM_BITS);
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
