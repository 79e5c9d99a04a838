import { onPath, run } from './project';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The browser that drives the editor tests; installs Debian's package where it is missing and we may. */
export async function chromium(): Promise<string> {
  const found = onPath(...names);
  if (found !== undefined) return found;
  const installed = await installChromium();
  if (installed !== undefined) return installed;
  throw new Error(
    'The tests in a real editor need Chromium: install it with `sudo apt-get install chromium`.',
  );
}

async function installChromium(): Promise<string | undefined> {
  const apt = onPath('apt-get');
  if (apt === undefined || process.getuid?.() !== 0) return undefined;
  console.log('Installing Chromium (Debian package, 400 MB) for the tests in a real editor …');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run(apt, ['update'], { env });
  await run(apt, ['install', '-y', '--no-install-recommends', 'chromium'], { env });
  return onPath(...names);
}
