import { checkScenario, formatDiagnostic, parseScenario } from '../../src/language/index';

/** The design's own example, which must always be a scenario. */
export const SAMPLE = `# The device fails: a CPU read of a page it holds ends in SIGBUS.
profile 6.12
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 64KiB anon rw
    write buf[0..4] = 0x11
    migrate buf[0..4] to gpu0
    expect buf[3].page.zone == Device
    gpu0 fail migrate_to_ram
    read buf[3] expect SIGBUS
    munmap buf
    expect gpu0.used == 0
}
`;

/** Statements inside a process that has a device of each type, a file, a buffer of 16 pages and an idle child. */
export function wrap(statements: string): string {
  return `device gpu0 private 64MiB
device gpu1 private 64MiB
device pmem0 persistent 64MiB
file data 64KiB fill 0xC0
process app {
buf = mmap 64KiB
${statements}
}
`;
}

/** How many lines `wrap` puts before the statements. */
const WRAPPED_LINES = 6;

/** All diagnostics of a text as `line:column: message`. */
export function diagnosticsOf(text: string): string[] {
  return checkScenario(text, 'f').map((d) => formatDiagnostic(d).replace(/^f:/, ''));
}

/** The diagnostics of statements, with lines counted from the first of them. */
export function statementDiagnostics(statements: string): string[] {
  return diagnosticsOf(wrap(statements)).map((line) =>
    line.replace(/^(\d+)/, (_, n: string) => String(Number(n) - WRAPPED_LINES)),
  );
}

/** A tree without places, for comparing what two texts say. */
export function bare(text: string): unknown {
  return JSON.parse(
    JSON.stringify(parseScenario(text).scenario, (key, value) => (key === 'span' ? undefined : value)),
  );
}
