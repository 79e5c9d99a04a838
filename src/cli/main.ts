/** The program file: connects the command line to this process. */

import { main } from './command-line';

// A reader that has seen enough, such as `head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

void main(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  onInterrupt: (interrupted) => {
    process.on('SIGINT', interrupted);
    return () => process.off('SIGINT', interrupted);
  },
}).then((code) => {
  process.exitCode = code;
});
