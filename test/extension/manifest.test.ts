import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PROFILES } from '../../src/engine/profiles';
import { VOCABULARY } from '../../src/language/vocabulary';
import { callbackNamed, launchSchema, profileNames, profileReleases } from '../../src/protocol';
import { inProject } from '../tools/project';

interface Contributions {
  debuggers: { configurationAttributes: { launch: { properties: unknown } } }[];
  commands: { command: string }[];
  keybindings: { command: string }[];
  menus: Record<string, { command: string }[]>;
  views: Record<string, { id: string; icon: string }[]>;
  languages: { configuration: string; icon: { light: string; dark: string } }[];
  grammars: { path: string }[];
  walkthroughs: {
    steps: { description: string; media: { image: Record<'dark' | 'light' | 'hc' | 'hcLight', string> } }[];
  }[];
}

const manifest = JSON.parse(readFileSync(inProject('package.json'), 'utf8')) as {
  engines: { vscode: string };
  devDependencies: Record<string, string>;
  icon: string;
  contributes: Contributions;
};
const { contributes } = manifest;

describe('package.json', () => {
  test('describes the launch attributes exactly as the protocol does', () => {
    expect(contributes.debuggers[0]?.configurationAttributes.launch.properties).toEqual(launchSchema);
  });

  test('names only commands that exist in menus and keybindings', () => {
    const declared = contributes.commands.map(({ command }) => command);
    const used = [...Object.values(contributes.menus).flat(), ...contributes.keybindings];
    const ours = used.map(({ command }) => command).filter((command) => command.startsWith('hmm.'));
    expect(ours.length).toBeGreaterThan(0);
    expect(ours.filter((command) => !declared.includes(command))).toEqual([]);
  });

  test('the walkthrough leads to commands and views that exist', () => {
    const known = new Set([
      ...contributes.commands.map(({ command }) => command),
      ...Object.values(contributes.views)
        .flat()
        .map(({ id }) => `${id}.focus`),
    ]);
    const texts = contributes.walkthroughs.flatMap(({ steps }) =>
      steps.map(({ description }) => description),
    );
    const links = [...texts.join('').matchAll(/\(command:([\w.]+)\)/g)].map(([, id]) => id ?? '');
    expect(links.length).toBeGreaterThanOrEqual(5);
    expect(links.filter((id) => !known.has(id))).toEqual([]);
  });

  test('declares every command that the extension registers, and no other', () => {
    const sources = readdirSync(inProject('src', 'extension')).map((name) =>
      readFileSync(inProject('src', 'extension', name), 'utf8'),
    );
    const registered = sources.join('').matchAll(/\b(?:registerCommand|command)\(\s*'(hmm\.\w+)'/g);
    const declared = contributes.commands.map(({ command }) => command);
    expect([...registered].map(([, id]) => id).sort()).toEqual(declared.sort());
  });

  test('points to files that exist', () => {
    const { light, dark } = contributes.languages[0]?.icon ?? { light: '', dark: '' };
    const paths = contributes.grammars.map(({ path }) => path);
    const pictures = contributes.walkthroughs.flatMap(({ steps }) =>
      steps.flatMap(({ media }) => Object.values(media.image)),
    );
    expect(pictures).toHaveLength(20);
    const files = [
      ...pictures,
      ...paths,
      contributes.languages[0]?.configuration ?? '',
      light,
      dark,
      manifest.icon,
    ];
    expect(files.filter((file) => !existsSync(inProject(file)))).toEqual([]);
  });

  test('is typed for the oldest editor it supports', () => {
    expect(manifest.engines.vscode).toBe(`^${manifest.devDependencies['@types/vscode']}`);
  });
});

test('the grammar colours every word of the language', () => {
  const grammar = readFileSync(inProject(contributes.grammars[0]?.path ?? ''), 'utf8');
  const missing = VOCABULARY.filter(({ word }) => !new RegExp(`[(|]${word}[|)]`).test(grammar));
  expect(missing.map(({ word }) => word)).toEqual([]);
});

test('the profiles to choose from are those of the engine', () => {
  expect(profileNames).toEqual(PROFILES.map(({ name }) => name));
  expect(profileReleases).toEqual(PROFILES.map(({ release }) => release));
});

test('a callback is known by each of its names', () => {
  expect(callbackNamed('migrate_to_ram')).toBe('page_fault');
  expect(callbackNamed(' folio_free ')).toBe('page_free');
  expect(callbackNamed('page_fault')).toBe('page_fault');
  expect(callbackNamed('do_swap_page')).toBeUndefined();
});
