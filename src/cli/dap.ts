/** `hmm-trace dap [--port N] [--listings FOLDER]`: the debug adapter on its own. */

import { parseArgs } from 'node:util';
import type { ListingFiles } from '../adapter/host';
import { listingFolder } from '../adapter/listing-folder';
import { listen, serve } from '../adapter/node';
import { type Command, Exit, type ExitCode, type Io, UsageError } from './command';

interface Options {
  readonly port: number | undefined;
  readonly listings: string | undefined;
}

function optionsOf(args: readonly string[]): Options {
  let values: { port?: string; listings?: string };
  try {
    const options = { port: { type: 'string' }, listings: { type: 'string' } } as const;
    values = parseArgs({ args: [...args], options }).values;
  } catch {
    throw new UsageError('dap takes nothing but --port N and --listings FOLDER');
  }
  return { port: portOf(values.port), listings: values.listings };
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535)
    throw new UsageError(`--port takes a number from 0 to 65535, not \`${text}\``);
  return port;
}

function listingsIn(folder: string | undefined): ListingFiles | undefined {
  if (folder === undefined) return undefined;
  try {
    return listingFolder(folder);
  } catch {
    throw new UsageError(`--listings takes a folder that can be written to, not \`${folder}\``);
  }
}

/** Serves until Ctrl-C. */
async function serveOn(port: number, listings: ListingFiles | undefined, io: Io): Promise<ExitCode> {
  let server: Awaited<ReturnType<typeof listen>>;
  try {
    server = await listen(port, listings);
  } catch {
    io.error(`hmm-trace: port ${port} is taken or not allowed\n`);
    return Exit.Bad;
  }
  const address = server.address();
  io.error(`Listening on 127.0.0.1:${typeof address === 'object' ? address?.port : port}\n`);
  await new Promise<void>((resolve) => {
    const release = io.onInterrupt(() => {
      release();
      server.close();
      resolve();
    });
  });
  return Exit.Ok;
}

export const dap: Command = {
  usage: 'hmm-trace dap [--port N] [--listings FOLDER]',
  main: async (args, io) => {
    const { port, listings: folder } = optionsOf(args);
    const listings = listingsIn(folder);
    if (port !== undefined) return serveOn(port, listings, io);
    await serve(process.stdin, process.stdout, { listings });
    return Exit.Ok;
  },
};
