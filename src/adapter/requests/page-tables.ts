/** The requests of the page-table tree. */

import { evaluationProblem } from '../../debugger/condition';
import type { ProcessRow, TaskRow, Vpn } from '../../engine/machine/ids';
import { vaOf, vpnOf } from '../../engine/machine/ids';
import type { Value } from '../../language';
import type { LocateArguments, PageMapping } from '../../protocol';
import {
  addressOf,
  mappingsOf,
  pageAt,
  placeOf,
  processName,
  showAddress,
  showEntry,
  spaceOf,
  type World,
} from '../../view/environment';
import { newestFault } from '../../view/inspect/faults';
import { PageTables } from '../../view/page-tables/page-tables';
import { mmOf, processNamed } from '../../view/page-tables/place';
import { RequestError } from '../errors';
import { request, type Stopped } from '../request';
import { sceneOfFrame } from '../scene';
import { explain } from './why';

interface Place {
  readonly process: ProcessRow;
  readonly vpn: Vpn;
}

/** The place that a process and an address name; throws where either is none. */
function namedPlace(world: World, process: string, address: string): Place {
  const row = processNamed(world, process);
  if (row === 0) throw new RequestError(`There is no process ${process} with memory.`);
  const va = Number(address);
  if (!Number.isSafeInteger(va) || va < 0) throw new RequestError(`${address} is no address.`);
  return { process: row, vpn: vpnOf(va) };
}

function placeOfExpression(adapter: Stopped, text: string, frameId: number | undefined): Place {
  const { scene, routine } = sceneOfFrame(adapter, frameId);
  const compiled = adapter.view.compile(text, routine);
  let value: Value;
  try {
    value = compiled.evaluate(scene);
  } catch (error) {
    throw new RequestError(evaluationProblem(error));
  }
  const at = addressOf(compiled.type, value, scene);
  if (at === undefined)
    throw new RequestError(
      `\`${text}\` is ${compiled.type.name}${value === undefined ? ' that is none here' : ''}; a page or an address is looked for, such as buf[3].`,
    );
  return { process: at.process, vpn: vpnOf(at.va) };
}

/** Where the pending CPU fault is that began last. */
function placeOfNewestFault(world: World): Place | undefined {
  const { faults } = world.kernel;
  const newest = newestFault(world);
  if (newest === 0) return undefined;
  return {
    process: spaceOf(world, faults.task.get(newest) as TaskRow),
    vpn: vpnOf(faults.address.get(newest)),
  };
}

/** The place that is asked for; undefined where none is named. */
export function placeAsked(
  adapter: Stopped,
  { expression, frameId, process, address }: LocateArguments,
): Place | undefined {
  const { world } = adapter.session.debuggee;
  if (process !== undefined && address !== undefined) return namedPlace(world, process, address);
  return expression === undefined ? undefined : placeOfExpression(adapter, expression, frameId);
}

function mappings(world: World, { process, vpn }: Place): PageMapping[] {
  const { kernel: k } = world;
  const page = pageAt(k, mmOf(world, process), vpn);
  if (page === 0) return [];
  return mappingsOf(k, page).map(({ process: of, vpn: at, entry }): PageMapping => {
    const place = placeOf(world, of, vaOf(at));
    return {
      process: processName(world, of),
      address: showAddress(vaOf(at)),
      ...(place === undefined ? {} : { place }),
      entry: showEntry(world, entry),
    };
  });
}

const stopped = { needs: 'stopped' } as const;

export const pageTableRequests = [
  request('hmm/pageTables', stopped, ({ session, previousStop }, { parent }) => ({
    nodes: new PageTables(session.debuggee.world, previousStop).children(parent),
  })),

  request('hmm/locate', stopped, (adapter, args) => {
    const place = placeAsked(adapter, args) ?? placeOfNewestFault(adapter.session.debuggee.world);
    if (place === undefined) return { path: [] };
    const tree = new PageTables(adapter.session.debuggee.world, adapter.previousStop);
    return { path: tree.path(place.process, place.vpn) };
  }),

  request('hmm/mappings', stopped, ({ session: { debuggee } }, { process, address }) => ({
    mappings: mappings(debuggee.world, namedPlace(debuggee.world, process, address)),
  })),

  request('hmm/why', stopped, (adapter, { process, address }) => {
    const { scene } = sceneOfFrame(adapter, undefined);
    const place = namedPlace(scene.world, process, address);
    return explain(adapter, scene, place.process, vaOf(place.vpn)).then((text) => ({ text }));
  }),
];
