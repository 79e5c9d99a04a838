import type { Diagram } from './diagram';

/** Arguments of `hmm/pageFlow`. */
export interface PageFlowArguments {
  /** Most blocks in the answer: 1 to MOST_BLOCKS. */
  most: number;
}

export const MOST_BLOCKS = 2000;

/** What happened since the run began to the pages of a buffer that lie in the same 2 MiB. */
export interface FlowBlock {
  /** `buf[0..512]`; addresses where no buffer is. */
  name: string;
  process: string;
  /** Of its first page that something happened to: `0x…`. */
  address: string;
  /** Pages that were migrated to devices, and from devices to system memory. */
  toDevice: number;
  toSystem: number;
  /** Faults of CPUs, those of them that called the driver's migrate_to_ram, and faults of devices. */
  cpuFaults: number;
  migrateToRam: number;
  deviceFaults: number;
  /** How often a page went back to where it was before its last move, for each page that moved. */
  pingPong: number;
  /** Which part of the time since they first moved its pages spent on devices: 0 to 1; absent where none moved. */
  onDevice?: number;
}

/** Places with arrows for the pages that went from one to another, and the parts of buffers they belong to. */
export interface PageFlowResult extends Diagram {
  /** The busiest first. */
  blocks: FlowBlock[];
  /** Blocks that are left out. */
  left: number;
}
