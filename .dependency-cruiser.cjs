// The rooms of src/ import one way only; see the map of the rooms in README.md.
const order = ['protocol', 'engine', 'scenario', 'debugger', 'adapter', 'cli'];

/** Nothing in `from` may import anything in `to`. */
const forbid = (name, from, to) => ({ name, severity: 'error', from: { path: from }, to: { path: to } });

const rooms = order.flatMap((room, i) =>
  order.slice(i + 1).map((later) => forbid(`${room}-not-${later}`, `^src/${room}/`, `^src/${later}/`)),
);

module.exports = {
  forbidden: [
    ...rooms,
    forbid(
      'extension-without-engine',
      '^src/extension/',
      '^src/(engine/(machine|kernel|drivers|time|invariants)|debugger|adapter|cli)/',
    ),
    forbid('nothing-imports-extension', '^src/(?!extension/)', '^src/extension/'),
    forbid('vscode-only-in-extension', '^src/(?!extension/)', '^vscode$'),
    forbid(
      'pure-rooms-without-node',
      '^src/(protocol|engine|scenario|debugger)/',
      '^(node:|fs|path|os|child_process|worker_threads)',
    ),
    forbid(
      'machine-is-the-bottom',
      '^src/engine/machine/',
      '^src/engine/(profiles|kernel|drivers|time|invariants)/',
    ),
    forbid(
      'profiles-above-machine-only',
      '^src/engine/profiles/',
      '^src/engine/(kernel|drivers|time|invariants)/',
    ),
    forbid('kernel-without-drivers', '^src/engine/kernel/', '^src/engine/(drivers|time|invariants)/'),
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
