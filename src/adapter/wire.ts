/** Messages on a stream of bytes: a header with the length, an empty line, and JSON. */

import type { Message } from './host';

/** A longer message is no debug adapter protocol. */
const MOST_BYTES = 64 * 2 ** 20;
const SEPARATOR = [13, 10, 13, 10];
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes of a message. */
export function encode(message: Message): Uint8Array {
  const body = encoder.encode(JSON.stringify(message));
  const head = encoder.encode(`Content-Length: ${body.length}\r\n\r\n`);
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}

/** Puts messages together from pieces of a stream. */
export class Decoder {
  #bytes = new Uint8Array(0);

  constructor(readonly onMessage: (message: Message) => void) {}

  /** Takes the next piece. What is no message is passed over. */
  push(piece: Uint8Array): void {
    const bytes = new Uint8Array(this.#bytes.length + piece.length);
    bytes.set(this.#bytes);
    bytes.set(piece, this.#bytes.length);
    this.#bytes = bytes;
    while (this.#take()) {}
  }

  #take(): boolean {
    const end = this.#headEnd();
    if (end < 0) return false;
    const head = decoder.decode(this.#bytes.subarray(0, end));
    const length = Number(/Content-Length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN);
    const start = end + SEPARATOR.length;
    if (!(length <= MOST_BYTES)) {
      this.#bytes = this.#bytes.slice(start);
      return true;
    }
    if (this.#bytes.length < start + length) return false;
    const body = this.#bytes.subarray(start, start + length);
    this.#bytes = this.#bytes.slice(start + length);
    this.#parse(decoder.decode(body));
    return true;
  }

  #parse(text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (typeof message === 'object' && message !== null) this.onMessage(message as Message);
  }

  #headEnd(): number {
    for (let at = this.#bytes.indexOf(13); at >= 0; at = this.#bytes.indexOf(13, at + 1))
      if (SEPARATOR.every((byte, i) => this.#bytes[at + i] === byte)) return at;
    return -1;
  }
}
