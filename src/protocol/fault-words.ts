/** A pending fault in words, the same ones wherever it is shown. */

import type { PendingCpuFault, PendingDeviceFault, PendingFault } from './machine-views';

/** `app.A: read buf[3]`, `gpu0 slot 1: write buf[3]`, `gpu0 without a slot: write buf[3]` */
export function faultLabel(fault: PendingFault): string {
  const slot = fault.kind === 'device' && fault.slot !== undefined ? `slot ${fault.slot}` : 'without a slot';
  const who = fault.kind === 'cpu' ? fault.task : `${fault.device} ${slot}`;
  return `${who}: ${fault.access} ${fault.place ?? fault.address}`;
}

/** What happens to the fault now, in a few words. */
export function faultProgress(fault: PendingFault): string {
  if (fault.kind === 'device') {
    const state = fault.slot === undefined ? 'waits for room in the fault buffer' : 'not serviced';
    return `${state} for ${steps(fault.age)}`;
  }
  if (fault.waitingFor === undefined) return `in ${fault.routine}`;
  const holder = fault.heldBy === undefined ? '' : `, held by ${fault.heldBy}`;
  return `waits for ${fault.waitingFor}${holder}`;
}

/** Everything known about the fault, each with its name. */
export function faultFacts(fault: PendingFault): [name: string, value: string][] {
  const own = fault.kind === 'cpu' ? cpuFacts(fault) : deviceFacts(fault);
  return [
    ['address', fault.address],
    ['access', fault.access],
    ['since', `time ${fault.since}, ${steps(fault.age)} ago`],
    ...own,
  ];
}

function cpuFacts(fault: PendingCpuFault): [string, string][] {
  const facts: [string, string][] = [['in', `${fault.routine}: ${fault.step}`]];
  if (fault.waitingFor !== undefined) facts.push(['waits for', fault.waitingFor]);
  if (fault.heldBy !== undefined) facts.push(['held by', fault.heldBy]);
  facts.push(['retries', String(fault.retries)]);
  return facts;
}

const deviceFacts = (fault: PendingDeviceFault): [string, string][] => [
  ['process', fault.process],
  ['fault buffer', fault.slot === undefined ? 'full: waits for room' : `slot ${fault.slot}`],
];

const steps = (count: number): string => (count === 1 ? '1 step' : `${count} steps`);
