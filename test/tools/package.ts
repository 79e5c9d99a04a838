import { buildAll } from './build';
import { inProject, manifest, npmTool, run } from './project';

/** Builds and packages the extension; answers the path of the `.vsix`. */
export async function packageExtension(): Promise<string> {
  await buildAll();
  const { name, version } = manifest();
  const vsix = inProject('dist', `${name}-${version}.vsix`);
  await run(npmTool('vsce'), ['package', '--no-dependencies', '--allow-missing-repository', '--out', vsix]);
  return vsix;
}

if (process.argv[1] === import.meta.filename) console.log(await packageExtension());
