/**
 * Looks over the bytes that come from a client before the protocol server takes them: it gets whole messages of a bearable
 * size, each in one piece, whatever else is sent.
 */

import { Readable } from 'node:stream';

/** A longer message is no debug adapter protocol. */
const MOST_BYTES = 64 * 2 ** 20;
/** A header with its empty line is never longer. */
const MOST_HEAD = 4096;
const HEAD_END = Buffer.from('\r\n\r\n');

/** Who hears of what the frames don't take. */
export interface FrameProblems {
  /** Something was passed over; a sentence. */
  passedOver(sentence: string): void;
  /** The client speaks another protocol; nothing of it is taken any more. Without this it is passed over. */
  readonly refuse?: () => void;
}

/** A stream of whole messages. What is received goes out at once, not with the next turn of the event loop. */
export class Frames extends Readable {
  /** What has come of the header or the message that is on its way. */
  #pieces: Buffer[] = [];
  #size = 0;
  /** Bytes of the message that is on its way; undefined while its header is. */
  #length: number | undefined;
  /** Bytes that are still to be dropped. */
  #skip = 0;
  #refused = false;

  constructor(readonly problems: FrameProblems) {
    super();
  }

  /** There is nothing to fetch: pieces come when they come. */
  override _read(): void {}

  /** Takes the next bytes that have come. */
  receive(piece: Buffer): void {
    let rest: Buffer | undefined = piece;
    while (rest && rest.length > 0 && !this.#refused) rest = this.#takeFront(rest);
  }

  /** Takes what belongs together from the front of the bytes; answers what is left of them. */
  #takeFront(bytes: Buffer): Buffer | undefined {
    if (this.#skip > 0) {
      const dropped = Math.min(this.#skip, bytes.length);
      this.#skip -= dropped;
      return bytes.subarray(dropped);
    }
    return this.#length === undefined ? this.#takeHead(bytes) : this.#takeBody(bytes, this.#length);
  }

  #takeHead(bytes: Buffer): Buffer | undefined {
    const before = this.#size;
    this.#keep(bytes);
    const all = this.#all();
    const end = all.indexOf(HEAD_END, Math.max(0, before - HEAD_END.length));
    if (end < 0) {
      if (this.#isForeign(all)) return undefined;
      if (all.length <= MOST_HEAD) return undefined;
      this.problems.passedOver('Bytes that are no message were passed over.');
      this.#forget();
      return undefined;
    }
    this.#forget();
    this.#read(all.subarray(0, end));
    return all.subarray(end + HEAD_END.length);
  }

  /** Reads a header. */
  #read(head: Buffer): void {
    if (this.#isForeign(head)) return;
    const length = Number(/^Content-Length: *(\d+) *$/im.exec(head.toString('latin1'))?.[1] ?? Number.NaN);
    if (Number.isNaN(length)) this.problems.passedOver('A header without Content-Length was passed over.');
    else if (length <= MOST_BYTES) this.#length = length;
    else {
      this.#skip = length;
      this.problems.passedOver(`A message of ${length} bytes was passed over: ${MOST_BYTES} is the most.`);
    }
  }

  /** Whether this is no header field: a request of HTTP begins with its method and a blank. */
  #isForeign(head: Buffer): boolean {
    if (!this.problems.refuse || /^[\w-]*(:|$)/.test(head.subarray(0, 64).toString('latin1'))) return false;
    this.#refused = true;
    this.problems.refuse();
    return true;
  }

  #takeBody(bytes: Buffer, length: number): Buffer | undefined {
    const wanted = length - this.#size;
    this.#keep(bytes.subarray(0, wanted));
    if (this.#size < length) return undefined;
    const body = this.#all();
    this.#forget();
    this.#length = undefined;
    this.push(Buffer.concat([Buffer.from(`Content-Length: ${length}\r\n\r\n`), body]));
    return bytes.subarray(wanted);
  }

  #keep(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#size += bytes.length;
  }

  /** What was kept, in one piece. A header is short, and a message is put together once. */
  #all(): Buffer {
    const [only] = this.#pieces;
    return this.#pieces.length === 1 && only ? only : Buffer.concat(this.#pieces);
  }

  #forget(): void {
    this.#pieces = [];
    this.#size = 0;
  }
}
