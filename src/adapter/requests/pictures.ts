/** The requests of the pictures: an answer for what can be seen, bounded by the number of cells asked for. */

import { TASK_SIZE_PAGES, type TaskRow, vpnOf } from '../../engine/machine/ids';
import { type AddressMapArguments, MOST_CELLS } from '../../protocol';
import { addressMap, mapProcess, type Part } from '../../view/pictures/address-map';
import { RequestError } from '../errors';
import { request, type Stopped } from '../request';
import { taskOf } from './move';

function partOf({ from, to }: AddressMapArguments): Part {
  const page = (address: string | undefined, otherwise: number): number => {
    if (address === undefined) return otherwise;
    const va = Number(address);
    if (!Number.isSafeInteger(va) || va < 0) throw new RequestError(`${address} is no address.`);
    return vpnOf(va);
  };
  return { from: page(from, 0), to: page(to, TASK_SIZE_PAGES) };
}

function addressMapOf({ session, previousStop }: Stopped, args: AddressMapArguments) {
  const { world } = session.debuggee;
  if (!Number.isInteger(args.most) || args.most < 1 || args.most > MOST_CELLS)
    throw new RequestError(`A map has 1 to ${MOST_CELLS} cells, not ${args.most}.`);
  const task: TaskRow = args.threadId === undefined ? world.kernel.task : taskOf(session, args.threadId);
  const process = mapProcess(world, args.process, task);
  if (process === undefined)
    throw new RequestError(
      args.process === undefined
        ? 'No process has memory.'
        : `There is no process ${args.process} with memory.`,
    );
  return addressMap(world, previousStop, process, partOf(args), args);
}

export const pictureRequests = [request('hmm/addressMap', { needs: 'stopped' }, addressMapOf)];
