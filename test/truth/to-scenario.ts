/** A program's record as a scenario: one statement an operation, told by a supervisor that takes no part. */

import { ERRNOS } from '../../src/language';
import { type RecordedKernel, recordedKernel } from './kernels';
import { addressOf } from './places';
import { type Operation, operationText, type ProgramRecord, type RecordedResult } from './record';

/** The record asks for something that a scenario can't say; the message says what. */
export class NotConvertible extends Error {
  constructor(
    readonly operation: string,
    message: string,
  ) {
    super(message);
  }
}

export interface Converted {
  readonly text: string;
  /** The line of the drain after which the program begins. */
  readonly started: number;
  /** For each operation the line of its statement; 0 where it has none. 1-based. */
  readonly lines: readonly number[];
  /** For each operation the line of the `drain lru` after it. */
  readonly drained: readonly number[];
}

const ERRNO_NAMES = new Map([...ERRNOS].map(([name, number]) => [number, name]));
const SIGNAL_CODES: Readonly<Record<string, string>> = {
  'SIGSEGV 1': 'MAPERR',
  'SIGSEGV 2': 'ACCERR',
  'SIGBUS 2': 'ADRERR',
};

interface Buffer {
  readonly pages: number;
  /** 1 after an odd number of moves. */
  readonly alt: 0 | 1;
}

const NEVER_ENDS = " (never ends; the recorder's driver gave up)";

const hex = (value: number): string => `0x${value.toString(16)}`;

class Converter {
  readonly #out: string[] = [];
  readonly #files: string[] = [];
  readonly #buffers = new Map<string, Map<string, Buffer>>([['P0', new Map()]]);
  readonly #lines: number[] = [];
  readonly #drained: number[] = [];

  readonly #kernel: RecordedKernel;

  constructor(readonly record: ProgramRecord) {
    this.#kernel = recordedKernel(record.kernel);
  }

  convert(): Converted {
    this.record.ops.forEach((op, index) => {
      this.#operation(op, index);
    });
    const head = this.#head();
    const shift = (line: number): number => (line === 0 ? 0 : line + head.length);
    return {
      text: `${[...head, ...this.#out, '}'].join('\n')}\n`,
      started: head.length,
      lines: this.#lines.map(shift),
      drained: this.#drained.map(shift),
    };
  }

  #head(): string[] {
    const { id, kernel } = this.record;
    return [
      `# Program ${id} as Linux ${kernel} ran it. Each statement says what the kernel answered.`,
      `profile ${this.#kernel.profile}`,
      ...this.#kernel.switches.map((name) => `switch ${name} on`),
      'machine { node 0 { dma32 2GiB } cpus 1 }',
      'device gpu0 private 256MiB driver dmirror',
      'device gpu1 private 256MiB driver dmirror',
      ...this.#files,
      '',
      '# The supervisor: tells the processes of the program what to do, one operation at a time. The LRU batches are',
      '# emptied after each, as the recorder did before it looked. It has no device open itself.',
      'process S {',
      '    close gpu0',
      '    close gpu1',
      '    fork P0',
      '    on P0 open gpu0',
      '    on P0 open gpu1',
      '    drain lru',
    ];
  }

  #operation(op: Operation, index: number): void {
    this.#out.push('', `    # ${index}: ${operationText(op)}${op.result.livelock === 1 ? NEVER_ENDS : ''}`);
    if (op.result.skipped !== undefined) {
      this.#out.push(`    # not executed: ${op.result.skipped}`);
      this.#lines.push(0);
      this.#drained.push(0);
      return;
    }
    const statement = this.#line(op);
    this.#out.push(statement === undefined ? '    # nothing is pinned' : `    ${statement}`);
    this.#lines.push(statement === undefined ? 0 : this.#out.length);
    this.#out.push('    drain lru');
    this.#drained.push(this.#out.length);
  }

  /** The statement of an operation; undefined for an unpin when no pin succeeded, which does nothing. */
  #line(op: Operation): string | undefined {
    const [p = ''] = op.args;
    const outcome = expectation(op.result);
    switch (op.op) {
      case 'failnext':
        return `dmirror fail migrate_to_ram as sigbus times ${p}`;
      case 'unpin':
        return op.result.ret === 0 ? undefined : 'unpin';
      default:
        return `on ${p} ${this.#statement(op, p)}${op.op === 'exit' ? '' : outcome}`;
    }
  }

  #statement(op: Operation, p: string): string {
    const [, a = '', b = '', c = '', d = ''] = op.args;
    switch (op.op) {
      case 'mmap':
        return this.#mmap(p, a, Number(b), c, d);
      case 'munmap':
        return `munmap ${this.#range(op, p, a, b, c)}`;
      case 'mprotect':
        return `mprotect ${this.#range(op, p, a, b, c)} ${d}`;
      case 'madvise':
        return `madvise ${this.#range(op, p, a, b, c)} ${d.toLowerCase()}`;
      case 'mremap':
        return this.#mremap(op, p, a);
      case 'read':
        return `read ${this.#range(op, p, a, b, '1')}`;
      case 'write':
        return `write ${this.#range(op, p, a, b, '1')} = ${c}`;
      case 'pin':
        return `pin ${this.#range(op, p, a, b, c)} ${d} ${this.#kernel.pin}`;
      case 'fork':
        this.#buffers.set(a, new Map(this.#buffers.get(p)));
        return `fork ${a}`;
      case 'exit':
        return 'exit';
      case 'devopen':
        return `open gpu${a}`;
      case 'devclose':
        return `close gpu${a}`;
      default:
        return this.#device(op, p);
    }
  }

  #device(op: Operation, p: string): string {
    const [, number = '', sub = '', buffer = '', first = '', pages = '', value = ''] = op.args;
    const device = `gpu${number}`;
    const range = this.#range(op, p, buffer, first, pages);
    if (sub === 'migrate') return `migrate ${range} to ${device}`;
    if (sub === 'tosys') return `migrate ${range} from ${device}`;
    return `${device} ${sub} ${range}${sub === 'write' ? ` = ${value}` : ''}`;
  }

  #mmap(p: string, buffer: string, pages: number, prot: string, kind: string): string {
    this.#buffers.get(p)?.set(buffer, { pages, alt: 0 });
    const at = hex(addressOf({ buf: buffer, alt: 0, page: 0 }));
    return `${buffer} = mmap ${pages} pages ${this.#source(kind, pages)} ${prot} at ${at}`;
  }

  #source(kind: string, pages: number): string {
    if (kind === 'anon') return 'anon private';
    if (kind === 'shmem') return 'shmem shared';
    if (kind !== 'filepriv') throw new NotConvertible('mmap', `no scenario can map \`${kind}\` memory`);
    const file = `file${this.#files.length}`;
    this.#files.push(`file ${file} ${pages} pages fill 0xc0`);
    return `file ${file} private`;
  }

  #mremap(op: Operation, p: string, name: string): string {
    const buffer = this.#buffer(op, p, name);
    const alt = buffer.alt === 0 ? 1 : 0;
    if (op.result.ret === 0) this.#buffers.get(p)?.set(name, { ...buffer, alt });
    return `mremap ${name} to ${hex(addressOf({ buf: name, alt, page: 0 }))}`;
  }

  #buffer(op: Operation, p: string, name: string): Buffer {
    const buffer = this.#buffers.get(p)?.get(name);
    if (buffer === undefined) throw new NotConvertible(op.op, `${p} never mapped buffer ${name}`);
    return buffer;
  }

  #range(op: Operation, p: string, name: string, first: string, pages: string): string {
    const end = Number(first) + Number(pages);
    const past = end > this.#buffer(op, p, name).pages ? ' past end' : '';
    return pages === '1' ? `${name}[${first}]${past}` : `${name}[${first}..${end}]${past}`;
  }
}

/** ` expect …` for what the kernel answered. */
function expectation(result: RecordedResult): string {
  const { sig, code, at, err, value, data, cpages, faults } = result;
  if (sig !== undefined) {
    const name = SIGNAL_CODES[`${sig} ${code}`] ?? code;
    const place = at === undefined ? '' : ` at ${hex(addressOf({ ...at, alt: at.alt === 1 ? 1 : 0 }))}`;
    return ` expect ${sig} code ${name}${place}`;
  }
  if (err !== undefined && err !== 0) return ` expect ${ERRNO_NAMES.get(err) ?? err}`;
  if (value !== undefined) return ` expect ${value}`;
  const parts = [
    ...(data === undefined ? [] : [`[${data.join(', ')}]`]),
    ...(cpages === undefined ? [] : [`cpages ${cpages}`]),
    ...(faults === undefined ? [] : [`faults ${faults}`]),
  ];
  return ` expect ${parts.length === 0 ? 'ok' : parts.join(', ')}`;
}

/** The record as a scenario's text, with the line of each operation. Throws NotConvertible. */
export function toScenario(record: ProgramRecord): Converted {
  return new Converter(record).convert();
}
