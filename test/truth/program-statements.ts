/** Operations of `programs.md`: pages are relative to where the process has its buffer now. */

import { ALIGNED } from './places';
import type { Operation } from './record';
import {
  declareFile,
  deviceStatement,
  expectation,
  hex,
  NotConvertible,
  type Statements,
} from './statements';

interface Buffer {
  readonly pages: number;
  /** 1 after an odd number of moves. */
  readonly alt: 0 | 1;
}

export class ProgramStatements implements Statements {
  readonly devices = ['private', 'private'];
  readonly files: string[] = [];
  readonly #buffers = new Map<string, Map<string, Buffer>>([['P0', new Map()]]);

  /** `pin`: how the recorder's helper pins on that kernel. */
  constructor(readonly pin: string) {}

  statementOf(op: Operation): string | undefined {
    const [p = ''] = op.args;
    const outcome = expectation(op.result, ALIGNED);
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
        return `pin ${this.#range(op, p, a, b, c)} ${d} ${this.pin}`;
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
    return deviceStatement(number, sub, this.#range(op, p, buffer, first, pages), value);
  }

  #mmap(p: string, buffer: string, pages: number, prot: string, kind: string): string {
    this.#buffers.get(p)?.set(buffer, { pages, alt: 0 });
    const at = hex(ALIGNED.addressOf({ buf: buffer, alt: 0, page: 0 }));
    return `${buffer} = mmap ${pages} pages ${this.#source(kind, pages)} ${prot} at ${at}`;
  }

  #source(kind: string, pages: number): string {
    if (kind === 'anon') return 'anon private';
    if (kind === 'shmem') return 'shmem shared';
    if (kind !== 'filepriv') throw new NotConvertible('mmap', `no scenario can map \`${kind}\` memory`);
    return `file ${declareFile(this.files, pages)} private`;
  }

  #mremap(op: Operation, p: string, name: string): string {
    const buffer = this.#buffer(op, p, name);
    const alt = buffer.alt === 0 ? 1 : 0;
    if (op.result.ret === 0) this.#buffers.get(p)?.set(name, { ...buffer, alt });
    return `mremap ${name} to ${hex(ALIGNED.addressOf({ buf: name, alt, page: 0 }))}`;
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
