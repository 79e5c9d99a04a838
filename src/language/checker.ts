import type {
  Block,
  DeviceDecl,
  DeviceOption,
  FileDecl,
  MachineDecl,
  Name,
  ProcessDecl,
  ProfileDecl,
  ScheduleDecl,
  Statement,
  SwitchDecl,
  TopLevel,
  ZoneName,
} from './ast';
import { CheckContext } from './check-context';
import { checkNumber } from './check-expression';
import { checkBlock, swapSize } from './check-statement';
import { type Diagnostic, locate, ProblemList } from './diagnostics';
import { KNOWLEDGE, type Knowledge } from './knowledge';
import { type Parsed, parseScenario } from './parser';
import { Scope } from './scope';
import { LineMap, type Span } from './source';
import { allOf, didYouMean } from './suggest';
import { workerNames } from './task-names';

const MIB = 2 ** 20;
const PHYSICAL = 2 ** 46;
const MOST_DEVICE = 2 ** 44;
const MOST_DEVICES = 16;
const MOST_NODES = 16;
const MOST_TASKS = 10_000;
/** Names of loop counters in a process and its tasks: they lie in each frame. */
const MOST_COUNTERS = 256;

const ZONE_ENDS: Readonly<Record<ZoneName, number>> = {
  dma: 16 * MIB,
  dma32: 4096 * MIB,
  normal: PHYSICAL,
  movable: PHYSICAL,
};

export interface CheckOptions {
  readonly knowledge?: Knowledge;
  /** Runs under this profile, whatever the scenario says. */
  readonly profile?: string;
}

/** What a text is: its tree, all that is wrong with it, and what the compiler needs to know besides. */
export interface Checked extends Parsed {
  readonly diagnostics: readonly Diagnostic[];
  /** Whether it can run: there is no error. */
  readonly runnable: boolean;
  /** The profile it runs under. */
  readonly profile: string;
  readonly lines: LineMap;
  /** How many tasks meet at each barrier that does not say `of N`. */
  readonly barriers: ReadonlyMap<string, number>;
}

/** All that is wrong with a scenario's text, in the order of the text. Never throws. */
export function checkScenario(text: string, fileName: string, options: CheckOptions = {}): Diagnostic[] {
  return [...analyseScenario(text, fileName, options).diagnostics];
}

/** Reads and checks a scenario. Never throws. */
export function analyseScenario(text: string, fileName: string, options: CheckOptions = {}): Checked {
  const parsed = parseScenario(text);
  const lines = new LineMap(text);
  const knowledge = options.knowledge ?? KNOWLEDGE;
  const problems = new ProblemList();
  for (const problem of parsed.problems) problems.add(problem);
  const profile = profileOf(parsed.scenario.items, options, knowledge);
  const ctx = new CheckContext(parsed.scenario, problems, lines, knowledge, profile);
  checkItems(ctx, parsed);
  const diagnostics = locate(problems.problems, fileName, lines);
  const runnable = !diagnostics.some((d) => d.severity === 'error');
  const barriers = new Map([...ctx.barriers].map(([name, barrier]) => [name, barrier.tasks.size]));
  return { ...parsed, diagnostics, runnable, profile, lines, barriers };
}

function profileOf(items: readonly TopLevel[], options: CheckOptions, knowledge: Knowledge): string {
  const declared = items.find((item): item is ProfileDecl => item.kind === 'profile');
  const name = options.profile ?? declared?.version.text ?? knowledge.defaultProfile;
  return knowledge.releases.get(name) ?? name;
}

function checkItems(ctx: CheckContext, parsed: Parsed): void {
  const { items } = ctx.scenario;
  onlyOnce(ctx, items);
  for (const item of items) if (item.kind === 'machine') ctx.useMachine(item);
  if (declareTasks(ctx, items) > MOST_TASKS) return;
  for (const item of items) if (item.kind !== 'process') checkDeclaration(ctx, item);
  for (const item of items) if (item.kind === 'process') checkProcess(ctx, item);
  for (const [name, barrier] of ctx.barriers) {
    if (!barrier.open || barrier.tasks.size > 1) continue;
    ctx.warn(
      'lonely-barrier',
      `only one task comes to barrier \`${name}\`, so nothing waits there`,
      barrier.span,
    );
  }
  if (parsed.problems.length === 0 && !items.some((item) => item.kind === 'process')) {
    ctx.error('no-process', 'nothing happens here: a scenario needs a process, as in `process app { … }`', {
      start: 0,
      end: 0,
    });
  }
}

function onlyOnce(ctx: CheckContext, items: readonly TopLevel[]): void {
  const seen = new Set<string>();
  for (const item of items) {
    if (item.kind !== 'profile' && item.kind !== 'machine' && item.kind !== 'schedule') continue;
    if (seen.has(item.kind)) ctx.error('duplicate', `a scenario has only one \`${item.kind}\``, item.span);
    seen.add(item.kind);
  }
}

/** Names all processes, children and threads first, counting the latter two, and notes where buffers are defined, for one may speak of another that stands further down. */
function declareTasks(ctx: CheckContext, items: readonly TopLevel[]): number {
  let count = 0;
  let within: Span = ctx.scenario.span;
  const counters = new Set<string>();
  const visit = (statement: Statement): void => {
    if (statement.kind === 'repeat' && statement.as !== undefined) countCounter(ctx, counters, statement.as);
    if (statement.kind === 'mmap' || statement.kind === 'let' || statement.kind === 'let-read') {
      ctx.definitions.push({ name: statement.name, within });
      ctx.variables.set(statement.name.text, statement.kind === 'mmap' ? 'buffer' : 'value');
    }
    if (statement.kind === 'fork' || statement.kind === 'thread') {
      const role = statement.kind === 'fork' ? 'child' : 'thread';
      const idle = statement.body === undefined;
      ctx.declare(statement.name, { kind: 'task', role, idle, span: statement.name.span });
      if (++count === MOST_TASKS + 1)
        ctx.error('too-many', `a scenario has at most ${MOST_TASKS} tasks`, statement.span);
    }
    if ('body' in statement && statement.body !== undefined) each(statement.body, visit);
  };
  for (const item of items) {
    if (item.kind !== 'process') continue;
    ctx.declare(item.name, { kind: 'task', role: 'process', idle: false, span: item.name.span });
    within = item.span;
    counters.clear();
    each(item.body, visit);
  }
  return count;
}

function countCounter(ctx: CheckContext, counters: Set<string>, name: Name): void {
  if (counters.has(name.text)) return;
  counters.add(name.text);
  if (counters.size === MOST_COUNTERS + 1)
    ctx.error('too-many', `a process has at most ${MOST_COUNTERS} names for loop counters`, name.span);
}

function each(block: Block, visit: (statement: Statement) => void): void {
  for (const statement of block.statements) visit(statement);
}

function checkDeclaration(ctx: CheckContext, item: Exclude<TopLevel, ProcessDecl>): void {
  switch (item.kind) {
    case 'profile':
      ctx.checkProfile(item.version);
      return;
    case 'machine':
      checkMachine(ctx, item);
      return;
    case 'device':
      checkDeviceDecl(ctx, item);
      return;
    case 'file':
      checkFile(ctx, item);
      return;
    case 'let':
      checkNumber(ctx, item.value, undefined);
      ctx.declare(item.name, { kind: 'value', span: item.name.span, value: ctx.constant(item.value) });
      return;
    case 'schedule':
      checkSchedule(ctx, item);
      return;
    case 'switch':
      checkSwitch(ctx, item);
      return;
  }
}

function checkMachine(ctx: CheckContext, item: MachineDecl): void {
  const ids = new Set<number>();
  for (const node of item.nodes) {
    const id = ctx.between(node.id, undefined, 'the number of a node', 0, MOST_NODES - 1);
    if (id !== undefined && ids.has(id))
      ctx.error('duplicate', `node ${id} is described twice`, node.id.span);
    if (id !== undefined) ids.add(id);
    if (node.zones.length === 0)
      ctx.error('no-memory', 'this node has no memory, as in `normal 2GiB`', node.span);
    for (const { zone, size } of node.zones) {
      const what = `zone ${zone.text}`;
      const why = `where zone ${zone.text} ends`;
      ctx.size(size, undefined, { what, empty: `${what} has no memory`, most: ZONE_ENDS[zone.text], why });
    }
  }
  if (item.swap !== undefined) swapSize(ctx, item.swap, undefined);
  if (item.hugepages !== undefined)
    ctx.between(item.hugepages, undefined, 'the number of huge pages', 0, 1 << 20);
}

function checkDeviceDecl(ctx: CheckContext, item: DeviceDecl): void {
  const { name, type, size, driver, node } = item;
  const driven = driver?.text ?? ctx.knowledge.defaultDriver;
  ctx.declare(name, { kind: 'device', span: name.span, type: type.text, driver: driven });
  const devices = [...ctx.globals.values()].filter((symbol) => symbol.kind === 'device').length;
  if (devices > MOST_DEVICES)
    ctx.error('too-many', `a scenario has at most ${MOST_DEVICES} devices`, name.span);
  const empty = `device \`${name.text}\` has no memory; say how much, as in \`device ${name.text} ${type.text} 64MiB\``;
  checkNumber(ctx, size, undefined);
  ctx.size(size, undefined, { what: 'device memory', empty, most: MOST_DEVICE, why: 'a device can have' });
  if (type.text === 'coherent') ctx.need('coherent', 'coherent device memory', type.span);
  if (node !== undefined) ctx.between(node, undefined, 'the number of a node', 0, MOST_NODES - 1);
  checkDriver(ctx, item, driven);
}

function checkDriver(ctx: CheckContext, item: DeviceDecl, driver: string): void {
  const drivers = ctx.knowledge.drivers;
  if (item.driver !== undefined && item.type.text === 'persistent') {
    ctx.error('wrong-device', 'persistent memory has no driver', item.driver.span);
  } else if (item.driver !== undefined && !drivers.has(driver)) {
    const near = didYouMean(driver, drivers.keys()) || `; known is ${allOf([...drivers.keys()])}`;
    ctx.error('unknown-name', `there is no driver \`${driver}\`${near}`, item.driver.span);
  }
  for (const option of item.options) checkOption(ctx, item, driver, option);
}

function checkOption(
  ctx: CheckContext,
  item: DeviceDecl,
  driver: string,
  { name, value }: DeviceOption,
): void {
  if (item.type.text === 'persistent') {
    ctx.error(
      'wrong-device',
      `persistent memory has no driver, and so no option \`${name.text}\``,
      name.span,
    );
    return;
  }
  const options = ctx.knowledge.drivers.get(driver)?.options ?? [];
  const known = options.find((option) => option.name === name.text);
  const names = options.map((option) => option.name);
  checkNumber(ctx, value, undefined);
  if (known === undefined) {
    const near = didYouMean(name.text, names) || `; known is ${allOf(names)}`;
    ctx.error('unknown-name', `driver ${driver} has no option \`${name.text}\`${near}`, name.span);
  } else if (item.options.find((option) => option.name.text === name.text)?.name !== name) {
    ctx.error('duplicate', `\`${name.text}\` is said twice`, name.span);
  } else {
    ctx.between(value, undefined, known.what, known.least, known.most);
  }
}

function checkFile(ctx: CheckContext, item: FileDecl): void {
  ctx.declare(item.name, { kind: 'file', span: item.name.span });
  const limits = { what: 'a file', empty: 'a file needs a size', most: MOST_DEVICE, why: 'a file can have' };
  ctx.size(item.size, undefined, limits);
  if (item.fill !== undefined) ctx.between(item.fill, undefined, 'a byte', 0, 255);
}

/** The bottom half of a device. */
const BOTTOM_HALF = /^(.*)_bh$/;

function checkSchedule(ctx: CheckContext, item: ScheduleDecl): void {
  if (item.seed !== undefined) ctx.between(item.seed, undefined, 'a seed', 0, Number.MAX_SAFE_INTEGER);
  const devices = ctx.scenario.items
    .filter((i): i is DeviceDecl => i.kind === 'device')
    .map((i) => i.name.text);
  const tasks = [...ctx.globals].filter(([, symbol]) => symbol.kind === 'task').map(([name]) => name);
  const workers = workerNames(ctx.cpus, ctx.nodes);
  for (const entry of [...item.entries, ...item.loop]) {
    const { text, span } = entry.task;
    if (entry.times !== undefined) ctx.between(entry.times, undefined, 'how often a task runs', 1, 1e9);
    if (tasks.includes(text) || devices.includes(text) || workers.includes(text)) continue;
    if (devices.includes(BOTTOM_HALF.exec(text)?.[1] ?? '')) continue;
    const all = [...tasks, ...devices, ...workers];
    const can = all.length <= 12 ? `; these can run: ${all.join(', ')}` : '';
    ctx.error('unknown-name', `there is no task \`${text}\`${didYouMean(text, all) || can}`, span);
  }
}

function checkSwitch(ctx: CheckContext, item: SwitchDecl): void {
  const known = ctx.knowledge.switches;
  if (known === undefined || known.includes(item.name.text)) return;
  const near = didYouMean(item.name.text, known) || (known.length > 0 ? `; known are ${allOf(known)}` : '');
  ctx.error('unknown-name', `there is no switch \`${item.name.text}\`${near}`, item.name.span);
}

function checkProcess(ctx: CheckContext, item: ProcessDecl): void {
  if (item.cpu !== undefined) ctx.between(item.cpu, undefined, 'the number of a CPU', 0, ctx.cpus - 1);
  checkBlock(ctx, item.body, { scope: Scope.empty(), task: item.name.text });
}
