/** A self-test's or experiment's log as a scenario, told by a supervisor as programs are. */

import { recordedKernel, shortName } from './kernels';
import { type LoggedOperation, operationsOf } from './log-operations';
import type { LogRecord } from './log-record';
import { ALIGNED, type Place } from './places';
import { hex, NotConvertible } from './statements';

/** Who signals and waits; buffers have the letters. */
const SUPERVISOR = 'supervisor';

/** Pages of the empty mapping that an experiment reserves before it maps a buffer into it. */
const ROOM = 1024;
/**
 * A mapping the kernel has placed lies among others of the program, whose page tables it shares: one page in use, so
 * many pages below the buffer.
 */
const BESIDE = 16;

/** Page of a buffer at a virtual page number; a buffer may begin at a negative page. */
export function loggedPlace(vpn: number): Place {
  const span =
    ALIGNED.addressOf({ buf: 'B', alt: 0, page: 0 }) - ALIGNED.addressOf({ buf: 'A', alt: 0, page: 0 });
  const number = Math.round((vpn * 4096) / span) - 1;
  const buf = String.fromCharCode(65 + number);
  return { buf, alt: 0, page: vpn - ALIGNED.addressOf({ buf, alt: 0, page: 0 }) / 4096 };
}

/** How the test driver answers a failing access, by the name of what the callback returns. */
const FAULT_RESULTS: Readonly<Record<string, string>> = {
  SIGBUS: 'sigbus',
  SIGSEGV: 'sigsegv',
  OOM: 'oom',
  HWPOISON: 'hwpoison',
  NOPAGE: 'nopage',
  RETRY: 'retry',
};

const IOCTLS: Readonly<Record<string, string>> = {
  READ: 'read',
  WRITE: 'write',
  SNAPSHOT: 'snapshot',
  EXCLUSIVE: 'exclusive',
  CHECK_EXCLUSIVE: 'check_exclusive',
};

interface Statement {
  readonly p: string;
  readonly text: string;
}

class LogConverter {
  readonly #devices = new Set<number>();
  readonly #files: string[] = [];
  readonly #lines: string[] = [];
  readonly #open = new Map<string, number>();

  constructor(readonly record: LogRecord) {}

  convert(): string {
    for (const op of operationsOf(this.record)) {
      for (const { p, text } of this.#statements(op))
        this.#lines.push(p === SUPERVISOR ? text : `on ${p} ${text}`);
    }
    const { source, test, kernel } = this.record;
    const devices = [...this.#devices].sort((a, b) => a - b);
    return `${[
      `# ${source === 'selftest' ? 'Self-test' : 'Experiment'} ${test} as Linux ${kernel} ran it.`,
      `profile ${shortName(kernel)}`,
      `machine { node 0 { dma32 2GiB normal 2GiB } cpus 2${this.#hugePages()} }`,
      ...devices.map((n) => `device gpu${n} ${n < 2 ? 'private' : 'coherent'} 256MiB driver dmirror`),
      ...this.#files,
      '',
      `process ${SUPERVISOR} {`,
      ...devices.map((n) => `    close gpu${n}`),
      '    fork P0',
      ...this.#lines.map((line) => `    ${line}`),
      '}',
    ].join('\n')}\n`;
  }

  /** The recorded machine has huge pages enough; without a hugetlb mapping there is no need for any. */
  #hugePages(): string {
    const wanted = this.record.log.some(({ flags }) => Array.isArray(flags) && flags.includes('hugetlb'));
    return wanted ? ' hugepages 4' : '';
  }

  #statements(op: LoggedOperation): Statement[] {
    if (op.pages === 0) return [];
    const p = op.p ?? 'P0';
    const here = (text: string): Statement[] => [{ p, text: `${text}${this.#signal(op)}` }];
    const device = `gpu${op['device']}`;
    switch (op.op) {
      case 'open':
      case 'close':
        this.#devices.add(Number(op['device']));
        this.#open.set(p, Number(op['device']));
        return here(`${op.op} ${device}`);
      case 'mmap':
        return this.#mmap(op).map((text) => ({ p, text }));
      case 'munmap':
      case 'mlock':
        return here(`${op.op} ${this.#range(op)}`);
      case 'mprotect':
        return here(`mprotect ${this.#range(op)} ${op['prot']}`);
      case 'madvise':
        return here(`madvise ${this.#range(op)} ${String(op['advice']).toLowerCase()}`);
      case 'mremap':
        return here(`mremap ${this.#range(op)} to ${hex(ALIGNED.addressOf({ ...target(op), alt: 0 }))}`);
      case 'fork':
        return here(`fork ${op['child']}`);
      case 'exit':
        return op['thread'] === true ? this.#refuse(op, 'threads') : here('exit');
      case 'ioctl':
        return op['target'] === undefined
          ? here(this.#ioctl(op))
          : this.#refuse(op, 'the GUP test interface');
      case 'pinLongterm':
      case 'unpinLongterm':
        return recordedKernel(shortName(this.record.kernel)).testsLongtermPins ? here(this.#pin(op)) : [];
      case 'wait':
      case 'pause':
      case 'joinCgroup':
      case 'pagemapRead':
      case 'smapsRead':
      case 'mincore':
        return [];
      case 'cgroupReclaim':
        return this.#buffersOf(p).map((range) => ({ p, text: `reclaim ${range}` }));
      case 'kill':
        return [{ p: SUPERVISOR, text: `kill ${op['to']} ${op['sig'] ?? 'SIGKILL'}` }];
      case 'swapon':
      case 'swapoff':
        return here(op.op === 'swapon' ? 'swapon 64MiB' : 'swapoff');
      default:
        return here(this.#memory(op, p));
    }
  }

  /** Every buffer of a process; what isn't mapped now has nothing to reclaim. */
  #buffersOf(p: string): string[] {
    return Object.entries(this.record.buffers)
      .filter(([, buffer]) => buffer.p === p)
      .map(
        ([buf, { pages, firstPage = 0 }]) =>
          `${hex(ALIGNED.addressOf({ buf, alt: 0, page: firstPage }))} for ${pages} pages`,
      );
  }

  #memory(op: LoggedOperation, p: string): string {
    const range = this.#range(op);
    switch (op.op) {
      case 'cpuRead':
      case 'cpuCheck':
        return `read ${range}`;
      case 'cpuWrite':
        return `write ${this.#at(op)} = ${op['value'] ?? 1}`;
      case 'cpuWriteEach':
        return `write ${range} = 1`;
      case 'cpuFill':
        return `fill ${range} = ${op['firstValue']} rising`;
      case 'cpuFillSame':
        return `fill ${range} = ${op['value'] ?? op['firstValue']}`;
      case 'cpuAtomicAdd':
        return `add ${op['add']} to ${range}`;
      case 'gup':
        return `gup ${range} ${access(op)}${/fast/i.test(String(op['call'])) ? ' fast' : ''}`;
      case 'getPage':
        return `get_page ${range}`;
      case 'putPage':
        return `put_page ${range}`;
      case 'write2pipe':
        return `copy_from_user ${range} bytes ${op['bytes']}`;
      case 'failPageFault':
        return this.#failPageFault(op);
      case 'failCopyToRam':
        return `gpu${this.#open.get(p) ?? 0} fail copy times ${op['times']}`;
      default:
        return this.#refuse(op, `\`${op.op}\``);
    }
  }

  #pin(op: LoggedOperation): string {
    return op.op === 'pinLongterm' ? `pin ${this.#range(op)} ${access(op)} longterm` : 'unpin';
  }

  #failPageFault(op: LoggedOperation): string {
    const [name] = [op['ret']].flat();
    const result = name === undefined ? 'nothing' : FAULT_RESULTS[String(name)];
    if (result === undefined) return this.#refuse(op, `VM_FAULT_${name}`);
    return `dmirror fail migrate_to_ram as ${result} times ${op['times']}`;
  }

  #refuse(op: LoggedOperation, what: string): never {
    throw new NotConvertible(op.op, `${what} has no counterpart in a scenario`);
  }

  #ioctl(op: LoggedOperation): string {
    const device = `gpu${op['device']}`;
    const cmd = String(op['cmd']);
    if (cmd === 'FLAGS') return `${device} flags = ${op['value']}`;
    const range = typeof op['offset'] === 'number' ? `${this.#at(op)} for ${op.pages} page` : this.#range(op);
    if (cmd === 'MIGRATE_TO_DEV') return `migrate ${range} to ${device}`;
    if (cmd === 'MIGRATE_TO_SYS') return `migrate ${range} from ${device}`;
    const verb = IOCTLS[cmd];
    if (verb === undefined) return this.#refuse(op, `ioctl ${cmd}`);
    return `${device} ${verb} ${range}${verb === 'write' ? ' = 1' : ''}`;
  }

  /** The mapping, and the empty one it is put into where the program reserved room for it. */
  #mmap(op: LoggedOperation): string[] {
    const { buf = '', pages = 0 } = op;
    const flags = op['flags'] as readonly string[];
    const first = op.page ?? this.record.buffers[buf]?.firstPage ?? 0;
    const at = ALIGNED.addressOf({ buf, alt: 0, page: first });
    const fixed = op['align'] === '2MiB' || flags.includes('fixed');
    const room = `${buf}_room = mmap ${pages + ROOM} pages none at ${hex(at - (ROOM / 2) * 4096)}`;
    const mapping = `${buf} = mmap ${pages} pages ${this.#source(op, flags, pages)} ${op['prot']} at ${hex(at)}`;
    if (fixed) return [room, mapping];
    const beside = `${buf}_beside = mmap 1 page anon private rw at ${hex(at + (pages + BESIDE) * 4096)}`;
    return [beside, `write ${buf}_beside = 1`, mapping];
  }

  #source(op: LoggedOperation, flags: readonly string[], pages: number): string {
    const sharing = flags.includes('shared') ? 'shared' : 'private';
    if (flags.includes('device-file')) return `device gpu${op['device']} ${sharing}`;
    if (flags.includes('file')) {
      const file = `file${this.#files.length}`;
      // The self-tests write their files before they map them; the experiments only give theirs a length.
      const written = this.record.source === 'selftest' ? ' fill 1' : '';
      this.#files.push(`file ${file} ${pages} pages${written}`);
      return `file ${file} ${sharing}`;
    }
    if (flags.includes('hugetlb')) return `anon ${sharing} hugetlb`;
    return sharing === 'shared' ? 'shmem shared' : 'anon private';
  }

  #range(op: LoggedOperation): string {
    const { buf, page = 0, pages = 1 } = op;
    if (buf === undefined) return '';
    return `${hex(ALIGNED.addressOf({ buf, alt: 0, page }))} for ${pages} ${pages === 1 ? 'page' : 'pages'}`;
  }

  #at(op: LoggedOperation): string {
    const { buf = 'A', page = 0 } = op;
    return hex(ALIGNED.addressOf({ buf, alt: 0, page }) + Number(op['offset'] ?? 0));
  }

  #signal(op: LoggedOperation): string {
    return op.signal === undefined ? '' : ` expect ${op.signal.sig}`;
  }
}

function target(op: LoggedOperation): { buf: string; page: number } {
  const { buf, page } = op['to'] as { buf: string; page: number };
  return { buf, page };
}

const access = (op: LoggedOperation): string => (op['write'] === true || op['write'] === 1 ? 'w' : 'r');

/** The log's program as a scenario's text. Throws NotConvertible. */
export function logToScenario(record: LogRecord): string {
  return new LogConverter(record).convert();
}
