/** A CPU fault on its way, as a picture: the access, the entry, the page, where that goes, and who else waits. */

import { ptep_get } from '../../engine/kernel/mm/pgtable';
import type { EntryRow, MmRow, PageRow, TaskRow, Vpn } from '../../engine/machine/ids';

import { vpnOf } from '../../engine/machine/ids';
import { Pg } from '../../engine/machine/pages';
import { kindOf, Pte } from '../../engine/machine/pte';
import type { Diagram, DiagramArrow, DiagramBox } from '../../protocol';
import {
  deviceOfPage,
  entryAt,
  mapcountOf,
  pageAt,
  placeOf,
  processName,
  showAddress,
  showHex,
  showPage,
  spaceOf,
  taskName,
  type World,
} from '../environment';
import { newestFault } from '../inspect/faults';
import { showState, stateOf } from '../page-tables/state';
import { edgesOf } from '../wait-graph';
import { type Fault, type Progress, progressOf, stagesOf } from './fault-stages';
import { taskBox } from './wait-graph';

const ENTRY = 'entry';
const PAGE = 'page';
const HOME = 'home';

/** The fault of the task that is meant, or else the one that began last; undefined where none is pending. */
function faultMeant(world: World, task: TaskRow): { fault: Fault; row: number } | undefined {
  const { faults } = world.kernel;
  const own = [...faults.table.rows()].filter((row) => faults.task.get(row) === task).at(-1);
  const row = own ?? newestFault(world);
  if (row === 0) return undefined;
  const by = faults.task.get(row) as TaskRow;
  const vpn = vpnOf(faults.address.get(row));
  return { row, fault: { task: by, process: spaceOf(world, by), vpn, since: faults.since.get(row) } };
}

function pageBox(world: World, id: string, page: PageRow, note: string): DiagramBox {
  const { pages } = world.kernel;
  const pfn = showHex(pages.pfn(page));
  const isFree = pages.has(page, Pg.Free);
  const counts = `refcount ${pages.refcount.get(page)}, mapcount ${mapcountOf(world.kernel, page)}`;
  const owner = pages.lockOwner.get(page) as TaskRow;
  return {
    id,
    kind: deviceOfPage(world.kernel, page) === 0 ? 'memory' : 'device',
    title: showPage(world, page),
    lines: [note, isFree ? 'free' : counts, ...(owner === 0 ? [] : [`locked by ${taskName(world, owner)}`])],
    link: { to: 'frame', pfn, focus: false },
  };
}

function entryBox(world: World, { process, vpn }: Fault, address: string, entry: EntryRow): DiagramBox {
  return {
    id: ENTRY,
    kind: 'entry',
    title: placeOf(world, process, vpn * 4096) ?? address,
    lines: [
      entry === 0 ? 'no entry yet' : showState(world, stateOf(world, entry)),
      `of ${processName(world, process)}`,
    ],
    link: { to: 'entry', process: processName(world, process), address, focus: false },
  };
}

/** The page that the fault is about, and where it goes. */
function pagesOf(
  world: World,
  page: PageRow,
  progress: Progress,
): { boxes: DiagramBox[]; arrows: DiagramArrow[] } {
  const about = progress.page === 0 ? page : progress.page;
  if (about === 0) return { boxes: [], arrows: [] };
  const isDevice = deviceOfPage(world.kernel, about) !== 0;
  const { mapped, copied, home } = progress;
  const here = isDevice ? 'where the page is' : 'the page';
  const boxes = [pageBox(world, PAGE, about, mapped === undefined ? here : 'where the page was')];
  const arrows: DiagramArrow[] = [
    { from: ENTRY, to: PAGE, kind: 'is', label: mapped === undefined ? 'names' : 'named' },
  ];
  if (!isDevice && progress.page === 0) return { boxes, arrows };
  boxes.push(
    home === 0
      ? { id: HOME, kind: 'memory', title: 'system memory', lines: ['where it is to go'] }
      : pageBox(world, HOME, home, 'where it went'),
  );
  arrows.push({
    from: PAGE,
    to: HOME,
    kind: 'next',
    label: copied === undefined ? 'to be copied' : 'copied',
  });
  return { boxes, arrows };
}

/** The other tasks that have faulted at that page, and those that wait for the task. */
function othersOf(world: World, { task, process, vpn }: Fault): Map<TaskRow, string> {
  const { faults } = world.kernel;
  const others = new Map<TaskRow, string>();
  for (const [other, { what, all }] of edgesOf(world))
    if (all.includes(task) && other !== task) others.set(other, `waits for ${what}`);
  for (const row of faults.table.rows()) {
    const other = faults.task.get(row) as TaskRow;
    const isSame = vpnOf(faults.address.get(row)) === vpn && spaceOf(world, other) === process;
    if (other !== task && isSame && !others.has(other)) others.set(other, 'faults too');
  }
  return others;
}

/** The fault of a task, or of the one that faulted last; boxes of waiting tasks as long as there is room. */
export function faultPath(world: World, wanted: TaskRow, most: number): Diagram {
  const meant = faultMeant(world, wanted);
  if (meant === undefined) return { summary: 'No CPU fault is pending.', boxes: [], arrows: [], stages: [] };
  const { fault, row } = meant;
  const { kernel: k } = world;
  const space = k.tasks.mm.get(fault.process) as MmRow;
  const entry = entryAt(k, space, fault.vpn as Vpn);
  const page = pageAt(k, space, fault.vpn as Vpn);
  const progress = progressOf(world, fault, page);
  const address = showAddress(k.faults.address.get(row));
  const access = k.faults.write.get(row) === 0 ? 'read' : 'write';
  const name = taskName(world, fault.task);
  const first = taskBox(world, fault.task);
  const on = `on CPU ${k.tasks.cpu.get(fault.task)}`;
  const way = pagesOf(world, page, progress);
  const others = othersOf(world, fault);
  const room = Math.max(0, most - way.boxes.length - 2);
  const drawn = [...others].slice(0, room).map(([other, label]) => ({ box: taskBox(world, other), label }));
  const left = others.size - drawn.length;
  const isMigrating = entry !== 0 && kindOf(ptep_get(k, entry)) === Pte.Migration;
  const isHome = way.boxes.some(({ id }) => id === HOME);
  return {
    summary: summaryOf(world, fault, `${name} faults: ${access} of`, others.size, left),
    boxes: [
      { ...first, lines: [`${access}s ${on}`, ...first.lines] },
      entryBox(world, fault, address, entry),
      ...way.boxes,
      ...drawn.map(({ box }) => box),
    ],
    arrows: [
      { from: first.id, to: ENTRY, kind: 'is', label: access },
      ...way.arrows,
      ...drawn.map(({ box, label }): DiagramArrow => ({ from: box.id, to: ENTRY, kind: 'wait', label })),
    ],
    stages: isHome ? stagesOf(world, progress, isMigrating) : [],
  };
}

function summaryOf(world: World, fault: Fault, what: string, others: number, left: number): string {
  const place = placeOf(world, fault.process, fault.vpn * 4096) ?? showAddress(fault.vpn * 4096);
  const waiting =
    others === 0 ? '' : ` ${others} more ${others === 1 ? 'task has' : 'tasks have'} to do with it.`;
  const more = left === 0 ? '' : ` ${left} of them are not drawn.`;
  return `${what} ${place}, since time ${fault.since}.${waiting}${more}`;
}
