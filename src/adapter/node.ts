/** The adapter on Node: over stdio for one editor, or over TCP for as many as come. */

import { open, realpath, stat } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Adapter } from './adapter';
import { Frames } from './frames';
import type { Host, ListingFiles } from './host';

/** The first bytes of a file, one more than `most` where it has more. Rejects where it is no file. */
async function readFile(path: string, most: number): Promise<Uint8Array> {
  // Before it is opened: opening a FIFO waits for somebody who writes.
  if (!(await stat(path)).isFile()) throw new Error('it is no file');
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(most + 1);
    let size = 0;
    for (let read = -1; read !== 0; size += read)
      read = (await file.read(bytes, size, bytes.length - size)).bytesRead;
    return bytes.subarray(0, size);
  } finally {
    await file.close();
  }
}

export const host: Host = {
  readFile,
  paths: {
    absolute: (path) => resolve(path),
    identity: (path) => realpath(path).catch(() => resolve(path)),
    ofUri: (uri) => fileURLToPath(uri),
    toUri: (path) => pathToFileURL(path).href,
  },
  defer: (callback) => setImmediate(callback),
  now: () => performance.now(),
};

/** How clients are served. */
export interface Serving {
  /** A client that speaks another protocol is refused. */
  readonly refuse?: () => void;
  readonly listings?: ListingFiles | undefined;
}

/** Serves one client. Resolves when it has gone or the session is over. */
export function serve(input: Readable, output: Writable, { refuse, listings }: Serving = {}): Promise<void> {
  return new Promise((done) => {
    const adapter = new Adapter(listings ? { ...host, listings } : host, () => gone());
    const passedOver = (sentence: string): void => adapter.complain(sentence);
    const frames = new Frames(refuse ? { passedOver, refuse } : { passedOver });
    const take = (piece: Buffer): void => frames.receive(piece);
    const gone = (): void => {
      adapter.stopRunning();
      input.off('data', take);
      input.pause();
      done();
    };
    input.on('end', gone);
    input.on('error', gone);
    output.on('error', gone);
    output.on('close', gone);
    input.on('data', take);
    adapter.start(frames, output);
  });
}

/** A client that speaks HTTP is a web page, which must not debug anything: it is refused. */
function serveSocket(socket: Socket, listings: ListingFiles | undefined): void {
  void serve(socket, socket, { refuse: () => socket.destroy(), listings }).then(() => socket.end());
}

/** Serves each client that connects to a port of the loopback interface a session of its own. */
export function listen(port: number, listings?: ListingFiles): Promise<Server> {
  return new Promise((listening, failed) => {
    const server = createServer((socket) => serveSocket(socket, listings));
    server.once('error', failed);
    server.listen(port, '127.0.0.1', () => listening(server));
  });
}
