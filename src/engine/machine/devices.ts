/** Devices, their pgmaps, and the mirrors through which a device sees a process's memory. */

import type { IntColumn, WideColumn } from './column';
import type { Store } from './store';
import { Table } from './table';

/** pgmap->type. Host is persistent memory: the existing users of ZONE_DEVICE. */
export const MemoryType = { Host: 1, Private: 2, Coherent: 3 } as const;
export type MemoryTypeValue = (typeof MemoryType)[keyof typeof MemoryType];

/** How the device may use a page that its mirror table maps. */
export const Access = { None: 0, Read: 1, Write: 2, Atomic: 3 } as const;

export class Devices {
  readonly pgmaps: Table;
  readonly pgmapType: IntColumn;
  readonly pgmapRange: IntColumn;
  readonly pgmapDevice: IntColumn;
  /** Live references: one for each page in use (6.1+), one for the mapping itself. */
  readonly pgmapRef: IntColumn;
  readonly pgmapDying: IntColumn;

  readonly devices: Table;
  readonly name: IntColumn;
  readonly type: IntColumn;
  readonly driver: IntColumn;
  readonly pgmap: IntColumn;
  /** Pages of memory the driver hands out. */
  readonly pages: IntColumn;
  readonly dead: IntColumn;
  /** Entries its fault buffer has room for. */
  readonly faultEntries: IntColumn;
  /** The task that services its fault buffer; 0 = none, as no context runs on it. */
  readonly bottomHalf: IntColumn;

  /** One for each open of a device by a process: struct dmirror. */
  readonly mirrors: Table;
  readonly mirrorDevice: IntColumn;
  readonly mirrorProcess: IntColumn;
  readonly mirrorMm: IntColumn;
  /** The subscription that is told after it. */
  readonly mirrorNext: IntColumn;
  /** The next one whose adding or removing was put off (deferred_item). */
  readonly mirrorDeferred: IntColumn;
  /** mmu_interval_notifier.invalidate_seq. */
  readonly mirrorSeq: IntColumn;
  /** File descriptor of the open device; the lowest that was free. 0 = it was closed. */
  readonly mirrorFd: IntColumn;
  /** Who uses the open file: its descriptor once open() has returned it, and each call in progress (file->f_count). */
  readonly mirrorUsers: IntColumn;
  readonly mirrorStart: WideColumn;
  readonly mirrorEnd: WideColumn;

  /** Ranges that a driver of 4.14 has asked for: struct hmm_range, in the list of its address space until it is done. */
  readonly ranges: Table;
  readonly rangeMm: IntColumn;
  readonly rangeStart: WideColumn;
  readonly rangeEnd: WideColumn;
  /** Nothing of it was invalidated since it was asked for. */
  readonly rangeValid: IntColumn;
  /** Where the walk goes on (hmm_vma_walk.last). */
  readonly rangeLast: WideColumn;
  /** Where it began again last, and how often it has done so. */
  readonly rangeFaulted: WideColumn;
  readonly rangeRounds: IntColumn;

  /** Faults of contexts of devices: pages they wait for. One that was serviced stays until its context has seen it. */
  readonly faults: Table;
  readonly faultMirror: IntColumn;
  readonly faultVpn: WideColumn;
  readonly faultWrite: IntColumn;
  /** Time at which it began. */
  readonly faultSince: WideColumn;
  /** Time at which it was written into the fault buffer; 0 = the buffer is full, and it waits for room. */
  readonly faultWritten: WideColumn;
  readonly faultDone: IntColumn;
  /** 0 or -errno, once it is done. */
  readonly faultResult: IntColumn;

  constructor(store: Store) {
    this.pgmaps = new Table(store, 'pgmap');
    this.pgmapType = this.pgmaps.int('type');
    this.pgmapRange = this.pgmaps.int('range');
    this.pgmapDevice = this.pgmaps.int('device');
    this.pgmapRef = this.pgmaps.int('ref');
    this.pgmapDying = this.pgmaps.int('dying');

    this.devices = new Table(store, 'device');
    this.name = this.devices.int('name');
    this.type = this.devices.int('type');
    this.driver = this.devices.int('driver');
    this.pgmap = this.devices.int('pgmap');
    this.pages = this.devices.int('pages');
    this.dead = this.devices.int('dead');
    this.faultEntries = this.devices.int('faultEntries');
    this.bottomHalf = this.devices.int('bottomHalf');

    this.mirrors = new Table(store, 'mirror');
    this.mirrorDevice = this.mirrors.int('device');
    this.mirrorProcess = this.mirrors.int('process');
    this.mirrorMm = this.mirrors.int('mm');
    this.mirrorNext = this.mirrors.int('next');
    this.mirrorDeferred = this.mirrors.int('deferred');
    this.mirrorSeq = this.mirrors.int('seq');
    this.mirrorFd = this.mirrors.int('fd');
    this.mirrorUsers = this.mirrors.int('users');
    this.mirrorStart = this.mirrors.wide('start');
    this.mirrorEnd = this.mirrors.wide('end');

    this.ranges = new Table(store, 'hmmRange');
    this.rangeMm = this.ranges.int('mm');
    this.rangeStart = this.ranges.wide('start');
    this.rangeEnd = this.ranges.wide('end');
    this.rangeValid = this.ranges.int('valid');
    this.rangeLast = this.ranges.wide('last');
    this.rangeFaulted = this.ranges.wide('faulted');
    this.rangeRounds = this.ranges.int('rounds');

    this.faults = new Table(store, 'deviceFault');
    this.faultMirror = this.faults.int('mirror');
    this.faultVpn = this.faults.wide('vpn');
    this.faultWrite = this.faults.int('write');
    this.faultSince = this.faults.wide('since');
    this.faultWritten = this.faults.wide('written');
    this.faultDone = this.faults.int('done');
    this.faultResult = this.faults.int('result');
  }

  /** The range of page frames of a device's memory. */
  rangeOf(device: number): number {
    return this.pgmapRange.get(this.pgmap.get(device));
  }
}
