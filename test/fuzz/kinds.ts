/** Every kind of hostile use. Each has a small version in `npm test` (fuzz.test.ts) and a long one in `npm run fuzz`. */

import type { FuzzKind } from './kind';
import { messages } from './messages';
import { seeks } from './seeks';
import { sessions } from './sessions';
import { texts } from './texts';
import { unruly } from './unruly';

export const KINDS: readonly FuzzKind[] = [messages, seeks, sessions, texts, unruly];
