/** Every driver that a scenario can name. To add one: its folder here, and a line. */

import type { Driver } from '../routine/driver';
import { dmirror } from './dmirror';

/** The first is that of a device that does not say. */
export const DRIVERS: readonly Driver[] = [dmirror];
