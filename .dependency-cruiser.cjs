// The rooms of src/ import one way only; see the map of the rooms in README.md.
const order = ['protocol', 'language', 'engine', 'view', 'program', 'debugger', 'adapter', 'cli'];
// Inside the engine likewise. The kernel knows drivers only through routine/driver.ts.
const engineOrder = ['machine', 'profiles', 'routine', 'kernel', 'detect', 'drivers', 'time', 'invariants'];

/** Nothing in `from` may import anything in `to`. */
const forbid = (name, from, to) => ({ name, severity: 'error', from: { path: from }, to: { path: to } });

/** None of the rooms may import a room that comes after it. */
const oneWay = (prefix, rooms) =>
  rooms.flatMap((room, i) =>
    rooms
      .slice(i + 1)
      .map((later) => forbid(`${room}-not-${later}`, `^src/${prefix}${room}/`, `^src/${prefix}${later}/`)),
  );

module.exports = {
  forbidden: [
    ...oneWay('', order),
    ...oneWay('engine/', engineOrder),
    {
      name: 'views-import-protocol-only',
      severity: 'error',
      from: { path: '^src/views/' },
      to: { path: '^(src/(?!views/|protocol/)|node:|vscode$)' },
    },
    forbid('language-and-protocol-are-apart', '^src/(protocol|language)/', '^src/(engine|view)/'),
    forbid('engine-without-language', '^src/engine/', '^src/(protocol|language)/'),
    {
      // A driver is its own affair: who uses one knows its interface, and only the list of drivers knows its name.
      name: 'drivers-are-private',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/engine/drivers/(([^/]+)/|index\\.ts$)' },
      to: { path: '^src/engine/drivers/[^/]+/' },
    },
    {
      name: 'drivers-are-apart',
      severity: 'error',
      from: { path: '^src/engine/drivers/([^/]+)/' },
      to: { path: '^src/engine/drivers/[^/]+/', pathNot: '^src/engine/drivers/$1/' },
    },
    {
      name: 'extension-never-reaches-the-engine',
      severity: 'error',
      from: { path: '^src/extension/' },
      to: { path: '^src/(engine|view|program|debugger|adapter|cli)/', reachable: true },
    },
    forbid('nothing-imports-extension', '^src/(?!extension/)', '^src/extension/'),
    forbid('nothing-imports-views', '^src/(?!views/)', '^src/views/'),
    forbid('vscode-only-in-extension', '^src/(?!extension/)', '^vscode$'),
    forbid(
      'pure-rooms-without-node',
      '^src/(protocol|language|engine|view|program|debugger)/',
      '^(node:|fs|path|os|child_process|worker_threads)',
    ),
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
};
