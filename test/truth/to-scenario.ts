/** A program's record as a scenario: one statement an operation, told by a supervisor that takes no part. */

import { HUGE_KERNEL } from './huge-records';
import { type RecordedKernel, recordedKernel } from './kernels';
import type { Layout } from './places';
import { ProgramStatements } from './program-statements';
import { type Operation, operationText, type ProgramRecord } from './record';
import type { Statements } from './statements';
import { WideStatements } from './wide-statements';

export interface Converted {
  readonly text: string;
  readonly layout: Layout;
  /** The line of the drain after which the program begins. */
  readonly started: number;
  /** For each operation the line of its statement; 0 where it has none. 1-based. */
  readonly lines: readonly number[];
  /** For each operation the line of the `drain lru` after it. */
  readonly drained: readonly number[];
}

/** As the recorder had done before: the driver has made its chunks of folios, and none of them is in use. */
function makeChunks(devices: readonly string[]): string[] {
  const memory = '    chunk = mmap 512 pages anon private rw at 0x200000';
  const gpus = devices.flatMap((kind, number) => (kind === 'private' ? [`gpu${number}`] : []));
  const moves = gpus.flatMap((gpu) => [`    migrate chunk to ${gpu}`, `    migrate chunk from ${gpu}`]);
  return [memory, '    madvise chunk hugepage', '    write chunk[0] = 1', ...moves, '    munmap chunk'];
}

const NEVER_ENDS = " (never ends; the recorder's driver gave up)";

class Converter {
  readonly #out: string[] = [];
  readonly #lines: number[] = [];
  readonly #drained: number[] = [];

  readonly #kernel: RecordedKernel;

  constructor(
    readonly record: ProgramRecord,
    readonly statements: Statements,
  ) {
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
      layout: this.record.setting.layout,
      started: head.length,
      lines: this.#lines.map(shift),
      drained: this.#drained.map(shift),
    };
  }

  get #huge(): boolean {
    return this.record.kernel === HUGE_KERNEL;
  }

  /** A private device has a chunk of folios, too, where there are huge pages. */
  #sizeOf(kind: string): string {
    return this.#huge && kind === 'private' ? '512MiB' : '256MiB';
  }

  #head(): string[] {
    const { id, kernel, setting } = this.record;
    const { devices, files } = this.statements;
    const gpus = devices.map((_, number) => `gpu${number}`);
    return [
      `# Program ${id} as Linux ${kernel} ran it. Each statement says what the kernel answered.`,
      `profile ${this.#kernel.profile}`,
      ...this.#kernel.switches.map((name) => `switch ${name} on`),
      `machine { node 0 { ${this.#huge ? 'dma32 2GiB normal 2GiB' : 'dma32 2GiB'} } cpus 1${setting.swap ? ' swap 64MiB sync' : ''} }`,
      ...devices.map((kind, number) => `device gpu${number} ${kind} ${this.#sizeOf(kind)} driver dmirror`),
      ...files,
      '',
      '# The supervisor: tells the processes of the program what to do, one operation at a time. The LRU batches are',
      '# emptied after each, as the recorder did before it looked. It has no device open itself.',
      'process S {',
      ...(this.#huge ? makeChunks(devices) : []),
      ...gpus.map((gpu) => `    close ${gpu}`),
      '    fork P0',
      ...gpus.map((gpu) => `    on P0 open ${gpu}`),
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
    const statement = this.statements.statementOf(op);
    this.#out.push(statement === undefined ? '    # nothing is pinned' : `    ${statement}`);
    this.#lines.push(statement === undefined ? 0 : this.#out.length);
    this.#out.push('    drain lru');
    this.#drained.push(this.#out.length);
  }
}

/** The record as a scenario's text, with the line of each operation. Throws NotConvertible. */
export function toScenario(record: ProgramRecord): Converted {
  const { pin } = recordedKernel(record.kernel);
  const statements = record.wide ? new WideStatements(record.setting.layout) : new ProgramStatements(pin);
  return new Converter(record, statements).convert();
}
