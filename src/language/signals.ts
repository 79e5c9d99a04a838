/** Linux x86-64 signal numbers that a scenario may name. */
export const SIGNALS: ReadonlyMap<string, number> = new Map([
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGQUIT', 3],
  ['SIGILL', 4],
  ['SIGTRAP', 5],
  ['SIGABRT', 6],
  ['SIGBUS', 7],
  ['SIGFPE', 8],
  ['SIGKILL', 9],
  ['SIGUSR1', 10],
  ['SIGSEGV', 11],
  ['SIGUSR2', 12],
  ['SIGPIPE', 13],
  ['SIGALRM', 14],
  ['SIGTERM', 15],
  ['SIGCHLD', 17],
  ['SIGCONT', 18],
  ['SIGSTOP', 19],
]);

/** Linux x86-64 error numbers that memory system calls, GUP and the device calls return. */
export const ERRNOS: ReadonlyMap<string, number> = new Map([
  ['EPERM', 1],
  ['ENOENT', 2],
  ['ESRCH', 3],
  ['EINTR', 4],
  ['EIO', 5],
  ['ENXIO', 6],
  ['EBADF', 9],
  ['ECHILD', 10],
  ['EAGAIN', 11],
  ['ENOMEM', 12],
  ['EACCES', 13],
  ['EFAULT', 14],
  ['EBUSY', 16],
  ['EEXIST', 17],
  ['ENODEV', 19],
  ['EINVAL', 22],
  ['ENFILE', 23],
  ['EMFILE', 24],
  ['ENOTTY', 25],
  ['ENOSPC', 28],
  ['ERANGE', 34],
  ['ENOSYS', 38],
  ['EOVERFLOW', 75],
  ['EOPNOTSUPP', 95],
  ['ETIMEDOUT', 110],
  ['EHWPOISON', 133],
]);

/** si_code values by name, for SIGSEGV and SIGBUS. */
export const SIGNAL_CODES: ReadonlyMap<string, number> = new Map([
  ['MAPERR', 1],
  ['ACCERR', 2],
  ['ADRERR', 2],
  ['MCEERR_AR', 4],
]);

function nameOf(table: ReadonlyMap<string, number>, number: number, word: string): string {
  for (const [name, value] of table) if (value === number) return name;
  return `${word} ${number}`;
}

/** `SIGBUS`; a number without a name is `signal 33`. */
export const signalName = (signal: number): string => nameOf(SIGNALS, signal, 'signal');
/** `ENOMEM`; a number without a name is `errno 99`. */
export const errnoName = (errno: number): string => nameOf(ERRNOS, errno, 'errno');
