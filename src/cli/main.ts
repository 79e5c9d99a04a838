/** The program file: connects the command line to this process. */

import { Exit } from './command';
import { main } from './command-line';
import { reasonOf } from './files';

/** A reader that has seen enough, such as `head`, is no error; anything else is. */
function outputFailed(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(Exit.Ok);
  process.stderr.write(`hmm-trace: the output can't be written: ${reasonOf(error)}\n`);
  process.exit(Exit.Bad);
}

/** Nobody hears of errors any more; the exit code still tells. */
const errorsFailed = (): void => process.exit(Exit.Bad);

process.stdout.on('error', outputFailed);
process.stderr.on('error', errorsFailed);

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
