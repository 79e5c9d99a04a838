/** The contents of pages as bytes, wherever they live. */

import type { PageRow, Pfn } from '../../engine/machine/ids';
import { contentsOf, type World } from '../../view/environment';
import { RequestError } from '../errors';
import { request } from '../request';

const PAGE_BYTES = 4096;
/** Bytes that are read at most in one request. */
const MOST_BYTES = 1 << 20;
/** Bytes that are made text at once: a call takes only so many arguments. */
const CHUNK = 1 << 13;

/** A page's address by which its contents are read. */
export const memoryReference = (world: World, page: number): string =>
  `0x${(world.kernel.pages.pfn(page as PageRow) * PAGE_BYTES).toString(16)}`;

/** Bytes of physical memory from an address up to the first page that isn't there. */
function bytesAt(world: World, address: number, count: number): Uint8Array {
  const { pages, contents } = world.kernel;
  const bytes = new Uint8Array(count);
  let size = 0;
  while (size < count) {
    const at = address + size;
    const page = pages.find(Math.floor(at / PAGE_BYTES) as Pfn);
    if (page === 0) break;
    const from = at % PAGE_BYTES;
    const part = contents.bytes(contentsOf(world.kernel, page)).subarray(from, from + count - size);
    bytes.set(part, size);
    size += part.length;
  }
  return bytes.subarray(0, size);
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK)
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

export const memoryRequests = [
  request(
    'readMemory',
    { needs: 'stopped', capabilities: { supportsReadMemoryRequest: true } },
    ({ session }, { memoryReference: reference, offset = 0, count }) => {
      const address = Number(reference) + offset;
      if (!Number.isSafeInteger(address) || address < 0)
        throw new RequestError(`${reference} is not an address of physical memory.`);
      if (count < 0) throw new RequestError(`There are no ${count} bytes to read.`);
      const bytes = bytesAt(session.debuggee.world, address, Math.min(count, MOST_BYTES));
      const unreadableBytes = count - bytes.length;
      return { address: `0x${address.toString(16)}`, data: base64(bytes), unreadableBytes };
    },
  ),
];
