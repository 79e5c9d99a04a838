/** Beginnings of scenarios and statements, with places to fill in (`${1:buf}`) as editors know them. */

export interface Snippet {
  readonly label: string;
  readonly detail: string;
  /** Where it belongs: in an empty file, outside of the processes, or where a statement begins. */
  readonly place: 'file' | 'top' | 'statement';
  readonly body: string;
}

/** A whole small scenario. */
export const SCENARIO_SNIPPET = `# \${1:What this scenario shows.}
profile \${2|6.12,7.2,6.1,4.14|}
device gpu0 private \${3:64MiB} driver dmirror

process app {
    buf = mmap \${4:64KiB} anon rw
    write buf[0..4] = 0x11
    migrate buf[0..4] to gpu0
    expect buf[0].page.zone == Device
    read buf[0] expect 0x11
    $0
    munmap buf
    expect gpu0.used == 0
}
`;

export const SNIPPETS: readonly Snippet[] = [
  {
    label: 'scenario',
    detail: 'A whole scenario: a device, a process, a migration and what must come of it',
    place: 'file',
    body: SCENARIO_SNIPPET,
  },
  {
    label: 'device …',
    detail: 'A device with its memory and driver',
    place: 'top',
    body: 'device ${1:gpu0} ${2|private,coherent,persistent|} ${3:64MiB}',
  },
  {
    label: 'process { … }',
    detail: 'A process and its statements',
    place: 'top',
    body: 'process ${1:app} {\n    $0\n}',
  },
  {
    label: 'thread { … }',
    detail: 'A thread that runs beside the process',
    place: 'statement',
    body: 'thread ${1:A} {\n    $0\n}',
  },
  {
    label: 'buf = mmap …',
    detail: 'Maps a buffer',
    place: 'statement',
    body: '${1:buf} = mmap ${2:64KiB} ${3|anon,shmem|} ${4|rw,r,none|}',
  },
  {
    label: 'migrate … to …',
    detail: 'Moves pages to a device',
    place: 'statement',
    body: 'migrate ${1:buf} to ${2:gpu0}',
  },
  {
    label: 'repeat { … }',
    detail: 'Repeats statements',
    place: 'statement',
    body: 'repeat ${1:4} as ${2:i} {\n    $0\n}',
  },
  {
    label: 'expect …',
    detail: 'States what must hold here',
    place: 'statement',
    body: 'expect ${1:buf[0].page.zone} == ${2:Device}',
  },
];

/** The text of a snippet before anything is filled in. */
export function plainSnippet({ body }: Snippet): string {
  return body
    .replace(/\$\{\d+\|([^,|]*)[^}]*\}/g, '$1')
    .replace(/\$\{\d+:([^}]*)\}/g, '$1')
    .replace(/[ ]*\$\d+\n?/g, '');
}
