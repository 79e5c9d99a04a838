/** Page Flow: how many pages went from where to where, and which parts of which buffers go to and fro. */

import type { DeviceRow, Vpn } from '../../engine/machine/ids';
import { vaOf } from '../../engine/machine/ids';
import type { DiagramArrow, DiagramBox, FlowBlock, PageFlowResult } from '../../protocol';
import { deviceName, nameOfSpan, processName, showAddress, type World } from '../environment';
import { type Block, type Move, NOWHERE, type PageMoves } from './page-moves';

const idOf = (place: number): string => `place ${place}`;

function boxOf(world: World, place: number): DiagramBox {
  const id = idOf(place);
  if (place === NOWHERE)
    return { id, kind: 'entry', title: 'not yet written', lines: ['no page in between'] };
  return place > NOWHERE
    ? { id, kind: 'device', title: deviceName(world, place as DeviceRow), lines: [] }
    : { id, kind: 'memory', title: `node${-1 - place}`, lines: [] };
}

const pagesOf = (count: number): string => (count === 1 ? '1 page' : `${count} pages`);

function arrowsOf(moves: readonly Move[]): DiagramArrow[] {
  const most = Math.max(...moves.map(({ pages }) => pages));
  return moves.map(({ from, to, pages }) => ({
    from: idOf(from),
    to: idOf(to),
    kind: 'is',
    label: pagesOf(pages),
    weight: pages / most,
  }));
}

const eventsOf = ({ toDevice, toSystem, cpuFaults, deviceFaults }: Block): number =>
  toDevice + toSystem + cpuFaults + deviceFaults;

function blockOf(world: World, block: Block, onDevice: number | undefined): FlowBlock {
  const { process, first, last, toDevice, toSystem, cpuFaults, migrateToRam, deviceFaults } = block;
  return {
    name: nameOfSpan(world, process, first, last + 1),
    process: processName(world, process),
    address: showAddress(vaOf(first as Vpn)),
    toDevice,
    toSystem,
    cpuFaults,
    migrateToRam,
    deviceFaults,
    pingPong: block.moved === 0 ? 0 : block.returns / block.moved,
    ...(onDevice === undefined ? {} : { onDevice }),
  };
}

function summaryOf(moves: readonly Move[], blocks: readonly Block[], known: number): string {
  const since = known === 0 ? [] : [`What happened before time ${known} is no longer recorded.`];
  const moved = moves.reduce((sum, { pages }) => sum + pages, 0);
  if (moved === 0) return ['No page has moved yet.', ...since].join(' ');
  const returns = blocks.reduce((sum, block) => sum + block.returns, 0);
  const back =
    returns === 0 ? 'none of them went back' : `${returns} of them back to where the page had been`;
  return [`${moved} ${moved === 1 ? 'move' : 'moves'} of pages, ${back}.`, ...since].join(' ');
}

/** What `moves` has counted, with at most so many blocks. */
export function pageFlow(world: World, counted: PageMoves, most: number): PageFlowResult {
  const moves = [...counted.moves.values()].sort((a, b) => b.pages - a.pages);
  const blocks = [...counted.blocks.values()].sort((a, b) => eventsOf(b) - eventsOf(a) || a.first - b.first);
  const onDevice = counted.onDevice();
  const places = [...new Set(moves.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  return {
    summary: summaryOf(moves, blocks, counted.known),
    boxes: places.map((place) => boxOf(world, place)),
    arrows: arrowsOf(moves),
    stages: [],
    blocks: blocks.slice(0, most).map((block) => blockOf(world, block, onDevice.get(block))),
    left: Math.max(0, blocks.length - most),
  };
}
