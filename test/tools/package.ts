import { buildAll } from './build';
import { inProject, manifest, npmTool, run } from './project';

/** Builds and packages the extension; answers the path of the `.vsix`. */
export async function packageExtension(): Promise<string> {
  await buildAll();
  const { name, version } = manifest();
  const vsix = inProject('dist', `${name}-${version}.vsix`);
  // The page of an installed extension: it can follow no link into the repository and needs no building.
  const page = ['--readme-path', 'docs/extension-page.md'];
  const flags = ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links', ...page];
  await run(npmTool('vsce'), ['package', ...flags, '--out', vsix]);
  return vsix;
}

if (process.argv[1] === import.meta.filename) console.log(await packageExtension());
