import { defineConfig } from 'vitest/config';
import editor from './vitest.config';

/** `npm run pictures`: the README's and the walkthrough's, from the real editor as it is now. */
export default defineConfig({ ...editor, test: { ...editor.test, include: ['test/editor/pictures.ts'] } });
