/** The adapter on Node: over stdio for one editor, or over TCP for as many as come. */

import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { Adapter } from './adapter';
import type { Host, Send } from './host';
import { Decoder, encode } from './wire';

const host: Host = {
  readFile: (path) => readFile(path),
  defer: (callback) => setImmediate(callback),
  now: () => performance.now(),
};

/** Writes messages to a stream; those sent in one go leave as one piece, and wake the client once. */
function sender(output: Writable): Send {
  let waiting: Uint8Array[] = [];
  const flush = (): void => {
    const pieces = waiting;
    waiting = [];
    if (output.writable) output.write(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces));
  };
  return (message) => {
    if (waiting.push(encode(message)) === 1) queueMicrotask(flush);
  };
}

/** Serves one client. Resolves when it has gone or the session is over. */
export function serve(input: Readable, output: Writable): Promise<void> {
  return new Promise((resolve) => {
    const adapter = new Adapter(host, sender(output), () => gone());
    const decoder = new Decoder((message) => adapter.receive(message));
    const gone = (): void => {
      adapter.runner.cancel();
      input.removeAllListeners('data');
      input.pause();
      resolve();
    };
    input.on('data', (piece: Uint8Array) => decoder.push(piece));
    input.on('end', gone);
    input.on('error', gone);
    output.on('error', gone);
  });
}

/** Serves each client that connects to a port of the loopback interface a session of its own. */
export function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      void serve(socket, socket).then(() => socket.end());
    });
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
