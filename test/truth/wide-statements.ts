/** Operations of `wide-programs.md`: a letter in upper case is a buffer's first address, in lower case its second. */

import type { Layout } from './places';
import type { Operation } from './record';
import {
  declareFile,
  deviceStatement,
  expectation,
  hex,
  NotConvertible,
  type Statements,
} from './statements';

/** Files that several mappings share, as they are declared. */
const SHARED_FILES: Readonly<Record<string, string>> = {
  F0: 'file F0 12 pages fill 0xc0',
  F1: 'file F1 12 pages fill 0xd0',
};

export class WideStatements implements Statements {
  readonly devices = ['private', 'private', 'coherent', 'coherent'];
  readonly files: string[] = [];

  constructor(readonly layout: Layout) {}

  statementOf(op: Operation): string | undefined {
    const [p = ''] = op.args;
    switch (op.op) {
      case 'failnext':
        return `dmirror fail migrate_to_ram as sigbus times ${p}`;
      case 'unpin':
        return op.result.ret === 0 ? undefined : `unpin ${slot(p)}`;
      case 'exit':
        return `on ${p} exit`;
      default:
        return `on ${p} ${this.#statement(op)}${expectation(op.result, this.layout)}`;
    }
  }

  #statement(op: Operation): string {
    const [, a = '', b = '', c = '', d = '', e = '', f = ''] = op.args;
    switch (op.op) {
      case 'mmap':
        return this.#mmap(a, Number(b), Number(c), d, e);
      case 'munmap':
      case 'mlock':
      case 'munlock':
        return `${op.op} ${this.#range(a, b, c)}`;
      case 'mprotect':
        return `mprotect ${this.#range(a, b, c)} ${d}`;
      case 'madvise':
        return `madvise ${this.#range(a, b, c)} ${d.toLowerCase()}`;
      case 'mremap':
        return `mremap ${this.#range(a, b, c)} size ${pages(d)} to ${hex(this.#address(e, Number(f)))}`;
      case 'read':
        return `read ${this.#range(a, b, '1')}`;
      case 'write':
        return `write ${this.#range(a, b, '1')} = ${c}`;
      case 'cfu':
        return `copy_from_user ${this.#range(a, b, '1')}`;
      case 'gup':
        return `gup ${this.#range(a, b, c)} ${d} fast`;
      case 'pin':
        return `pin ${this.#range(a, b, c)} ${d}${e === 'l' ? ' longterm' : ''} fast as ${slot(f)}`;
      case 'fork':
        return `fork ${a}`;
      case 'devopen':
        return `open gpu${a}`;
      case 'devclose':
        return `close gpu${a}`;
      default:
        return deviceStatement(a, b, this.#range(c, d, e), f, e);
    }
  }

  #mmap(letter: string, first: number, count: number, prot: string, kind: string): string {
    const at = hex(this.#address(letter, first));
    return `${letter} = mmap ${pages(`${count}`)} ${this.#source(kind, count)} ${prot} at ${at}`;
  }

  #source(kind: string, count: number): string {
    switch (kind) {
      case 'anon':
        return 'anon private';
      case 'anonshared':
        return 'anon shared';
      case 'shmem':
        return 'shmem shared';
      case 'shmempriv':
        return 'shmem private';
      case 'filepriv':
        return `file ${declareFile(this.files, count)} private`;
      case 'fileshared':
        return `file ${declareFile(this.files, count)} shared`;
      default:
        return this.#sharedFile(kind);
    }
  }

  /** `F0p`, `F1s`: a private or shared mapping of a file that others map too. */
  #sharedFile(kind: string): string {
    const name = kind.slice(0, 2);
    const declaration = SHARED_FILES[name];
    if (declaration === undefined) throw new NotConvertible('mmap', `no scenario can map \`${kind}\` memory`);
    if (!this.files.includes(declaration)) this.files.push(declaration);
    return `file ${name} ${kind.endsWith('s') ? 'shared' : 'private'}`;
  }

  #range(letter: string, first: string, count: string): string {
    return `${hex(this.#address(letter, Number(first)))} for ${pages(count)}`;
  }

  #address(letter: string, page: number): number {
    const buf = letter.toUpperCase();
    return this.layout.addressOf({ buf, alt: letter === buf ? 0 : 1, page });
  }
}

const pages = (count: string): string => (count === '1' ? '1 page' : `${count} pages`);

/** The name of a pin that the helper keeps in a slot. */
const slot = (number: string): string => `slot${number}`;
