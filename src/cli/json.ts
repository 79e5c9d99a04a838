/**
 * The log as JSON, one object a line, with the names of the recorded programs (kernel-truth): events in the order in
 * which they began, each with what it returned; after them the statement's result. An event of the kernel is held back
 * until the outermost one around it has ended.
 */

import { MigratePfn, NOTIFY_NAMES } from '../engine/kernel/constants';
import { HOLD_NAMES, type HoldKind } from '../engine/machine/holds';
import type { PageRow, ProcessRow, TaskRow, Vpn } from '../engine/machine/ids';
import { TASK_SIZE_PAGES, vaOf } from '../engine/machine/ids';
import type { EventName } from '../engine/routine/event-schema';
import { errnoName, signalName } from '../language/signals';
import type { Run } from '../program';
import { processName, showAddress, taskName } from '../view/environment';
import { Nesting, named, opens } from './event-tree';

type Json = Record<string, unknown>;

/** Events of the recorded programs, and those that concern whole processes. */
const EVENTS: ReadonlySet<EventName> = new Set<EventName>([
  'handle_mm_fault',
  'do_anonymous_page',
  'do_wp_page',
  'wp_page_copy',
  'do_swap_page',
  'do_fault',
  'remove_device_exclusive_entry',
  'migrate_to_ram',
  'page_free',
  'zone_device_page_init',
  'migrate_vma_setup',
  'migrate_vma_pages',
  'migrate_vma_finalize',
  'migrate_device_range',
  'invalidate',
  'hmm_range_fault',
  'device_fault',
  'make_device_exclusive',
  'signal',
  'oom',
  'fork',
  'exit',
]);

export class JsonLog {
  readonly #nesting = new Nesting<Json>();
  /** Events that wait for the outermost open one of their task. */
  readonly #held = new Map<TaskRow, Json[]>();
  /** Names of device pages, in the order in which they appear. */
  readonly #frames = new Map<number, string>();

  constructor(
    readonly run: Run,
    /** Also the events that records don't have: reference counts, single entries, phases. */
    readonly everything: boolean,
    readonly write: (text: string) => void,
  ) {}

  see(task: TaskRow, name: EventName, leave: boolean, args: readonly number[]): void {
    if (name === 'migrate_array') this.#array(task, args);
    else if (name === 'result') this.#result(task, args);
    else if (name === 'print')
      this.#put(task, { e: name, p: this.#who(task), text: this.run.report.printed() });
    else if (name === 'expect_failed') this.#failure(task, args);
    else if (
      name === 'statement' ||
      name === 'wait' ||
      name === 'invariant_broken' ||
      !(this.everything || EVENTS.has(name))
    )
      return;
    else if (leave) this.#leave(task, name, args);
    else this.#enter(task, name, args);
  }

  #who(task: TaskRow): string {
    return taskName(this.run.world, task);
  }

  #enter(task: TaskRow, name: EventName, args: readonly number[]): void {
    const event: Json = {
      e: name,
      t: this.run.kernel.time,
      depth: this.#nesting.depth(task),
      p: this.#who(task),
    };
    const values = named(name, false, args);
    const process = (values['process'] ?? this.run.kernel.tasks.processOf(task)) as ProcessRow;
    for (const [key, value] of Object.entries(values)) this.#set(event, name, key, value, process);
    if (name === 'invalidate') this.#invalidate(event, values, process);
    this.#put(task, event);
    if (opens(name)) this.#nesting.enter(task, event);
  }

  #leave(task: TaskRow, name: EventName, args: readonly number[]): void {
    const event = this.#nesting.leave(task);
    if (event === undefined) return;
    const process = this.run.kernel.tasks.processOf(task);
    for (const [key, value] of Object.entries(named(name, true, args)))
      this.#set(event, name, key, value, process);
    if (this.#nesting.depth(task) === 0) this.#release(task);
  }

  #set(event: Json, name: EventName, key: string, value: number, process: ProcessRow): void {
    const { world } = this.run;
    switch (key) {
      case 'vpn':
        Object.assign(event, this.#place(process, vaOf(value as Vpn)));
        return;
      case 'va':
        event['at'] = this.#place(process, value);
        return;
      case 'page':
        Object.assign(event, this.#frame(value as PageRow));
        return;
      case 'pages':
        event['npages'] = value;
        return;
      case 'device':
        event['dev'] = value - 1;
        return;
      case 'faultPage':
        event['faultPage'] = value === 0 ? 0 : 1;
        return;
      case 'process':
      case 'parent':
      case 'child':
        event[key] = processName(world, value as ProcessRow);
        return;
      case 'hold':
        event['hold'] = HOLD_NAMES[value as HoldKind];
        return;
      case 'signal':
        event['sig'] = value === 0 ? undefined : signalName(value);
        return;
      case 'who':
      case 'mirror':
      case 'end':
      case 'owner':
        return;
      case 'ret':
        if (name !== 'invalidate') event['ret'] = value;
        return;
      default:
        event[key] = value;
    }
  }

  /** Buffer and page of an address, or the address where no buffer covers it. */
  #place(process: ProcessRow, va: number): Json {
    const { variables, names } = this.run.world;
    for (let variable = 0; variable < variables.count; variable++) {
      const cell = variables.cell(process, variable);
      const start = variables.content(cell);
      if (va >= start && va < start + variables.pages(cell) * 4096)
        return { buf: names.variables[variable]?.name, page: Math.floor((va - start) / 4096) };
    }
    return { address: showAddress(va) };
  }

  /** Name of a device page in the order of its first appearance, and its place from the top of its device. */
  #frame(page: PageRow): Json {
    const { pages, devices } = this.run.kernel;
    const pgmap = pages.pgmap(page);
    if (pgmap === 0) return { frame: `pfn ${pages.pfn(page)}` };
    let frame = this.#frames.get(page);
    if (frame === undefined) {
      frame = `D${this.#frames.size}`;
      this.#frames.set(page, frame);
    }
    const device = devices.pgmapDevice.get(pgmap);
    return { frame, devIdx: devices.pages.get(device) - 1 - pages.offset(page) };
  }

  #invalidate(event: Json, values: Readonly<Record<string, number>>, process: ProcessRow): void {
    const { vpn = 0, end = 0, device = 0, owner = 0 } = values;
    event['event'] = NOTIFY_NAMES[values['event'] ?? 0];
    event['mirror'] = [processName(this.run.world, process), device - 1];
    event['owner'] = owner === 0 ? 'none' : owner === device ? 'self' : 'other';
    delete event['dev'];
    delete event['process'];
    if (vpn === 0 && end >= TASK_SIZE_PAGES) {
      event['range'] = 'all';
      for (const key of ['buf', 'page', 'address']) delete event[key];
    } else event['npages'] = end - vpn;
  }

  #array(task: TaskRow, args: readonly number[]): void {
    const event = this.#nesting.innermost(task);
    if (event === undefined) return;
    const entries: string[] = [];
    for (let i = 1; i + 1 < args.length; i += 2)
      entries.push(migrationEntry(args[i] ?? 0, args[i + 1] !== 0));
    event[args[0] === 0 ? 'src' : 'dst'] = entries;
  }

  #result(task: TaskRow, args: readonly number[]): void {
    const info = this.run.program.statements[args[0] ?? 0];
    if (info === undefined) return;
    const { kind } = info.statement;
    this.#put(task, {
      op: kind.replace(/^device-/, 'dev '),
      p: this.#who(task),
      line: info.position.line,
      text: info.text,
      result: this.#outcome(task, kind, args),
    });
  }

  #outcome(task: TaskRow, kind: string, args: readonly number[]): Json {
    const {
      ret = 0,
      errno = 0,
      signal = 0,
      code = 0,
      va = 0,
      cpages = 0,
      faults = 0,
    } = named('result', false, args);
    if (signal !== 0) {
      const at = this.#place(this.run.kernel.tasks.processOf(task), va);
      return kind === 'wait' ? { sig: signalName(signal) } : { sig: signalName(signal), code, at };
    }
    if (errno !== 0) return { ret: -1, err: errno, errno: errnoName(errno) };
    const data = args.slice(8);
    if (kind === 'read' || kind === 'let-read')
      return data.length === 1 ? { ret: 0, err: 0, value: data[0] } : { ret: 0, err: 0, data };
    const device = kind === 'migrate' || kind.startsWith('device-');
    return { ret, err: 0, ...(device ? { cpages, faults, data } : {}) };
  }

  #failure(task: TaskRow, [statement = 0, expectation = 0]: readonly number[]): void {
    const info = this.run.program.statements[statement];
    const message = this.run.expectation(statement, expectation);
    const { time } = this.run.kernel;
    this.#put(task, {
      e: 'expect_failed',
      t: time,
      p: this.#who(task),
      line: info?.position.line,
      text: info?.text,
      message,
    });
  }

  #put(task: TaskRow, line: Json): void {
    const held = this.#held.get(task);
    if (this.#nesting.depth(task) > 0 || (line['depth'] !== undefined && opens(line['e'] as EventName))) {
      if (held === undefined) this.#held.set(task, [line]);
      else held.push(line);
    } else this.#print(line);
  }

  #release(task: TaskRow): void {
    for (const line of this.#held.get(task) ?? []) this.#print(line);
    this.#held.delete(task);
  }

  /** An invariant has broken. */
  broken(invariant: string, message: string): void {
    this.#print({ e: 'invariant_broken', t: this.run.kernel.time, invariant, message });
  }

  #print(line: Json): void {
    this.write(`${JSON.stringify(line)}\n`);
  }

  /** Writes events that have not ended. */
  end(): void {
    for (const task of [...this.#held.keys()]) this.#release(task);
  }
}

/** `VMWp`: valid, migrating, writable, with a page. */
function migrationEntry(flags: number, hasPage: boolean): string {
  const bit = (mask: number, letter: string): string => ((flags & mask) !== 0 ? letter : '');
  const letters =
    bit(MigratePfn.Valid, 'V') +
    bit(MigratePfn.Migrate, 'M') +
    bit(MigratePfn.Write, 'W') +
    (hasPage ? 'p' : '');
  return letters === '' ? '-' : letters;
}
