/**
 * Random properties try the same cases in every run, so that a change is judged by what it changes; `SEED=N npx vitest
 * run test/properties` tries others, and `npm run fuzz` tries without end.
 */

import fc from 'fast-check';

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env['SEED'] ?? 1) });
