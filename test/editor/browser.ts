import { type Browser, chromium } from 'playwright-core';
import { inject } from 'vitest';

/** A browser that writes nothing outside of the editor's throw-away folder. */
export function startBrowser(): Promise<Browser> {
  const { browser: executablePath, folder: home } = inject('editor');
  const env = { ...process.env, HOME: home, TMPDIR: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
  return chromium.launch({ executablePath, env, args: ['--no-sandbox'] });
}
