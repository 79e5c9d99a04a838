/** `hmm-trace dap [--port N]`: the debug adapter on its own. */

import { parseArgs } from 'node:util';
import { listen, serve } from '../adapter/node';
import { type Command, Exit, type ExitCode, type Io, UsageError } from './command';

function portOf(args: readonly string[]): number | undefined {
  let text: string | undefined;
  try {
    text = parseArgs({ args: [...args], options: { port: { type: 'string' } } }).values.port;
  } catch {
    throw new UsageError('dap takes nothing but --port N');
  }
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535)
    throw new UsageError(`--port takes a number from 0 to 65535, not \`${text}\``);
  return port;
}

/** Serves until Ctrl-C. */
async function serveOn(port: number, io: Io): Promise<ExitCode> {
  let server: Awaited<ReturnType<typeof listen>>;
  try {
    server = await listen(port);
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
  summary: 'the debug adapter, over standard input and output or a port',
  usage: 'hmm-trace dap [--port N]',
  main: async (args, io) => {
    const port = portOf(args);
    if (port !== undefined) return serveOn(port, io);
    await serve(process.stdin, process.stdout);
    return Exit.Ok;
  },
};
