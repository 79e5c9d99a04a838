/** What a session tells beside the stops that it answers. */

import type { Breakpoint } from './breakpoints';

export interface SessionEvents {
  /** A log message at a breakpoint, with the line of the scenario it belongs to. */
  logged(text: string): void;
  breakpointChanged(breakpoint: Breakpoint): void;
  /** A breakpoint that never stops, as something is wrong with it. */
  refused(text: string): void;
}

/** Nobody listens. */
export const NOTHING: SessionEvents = { logged: () => {}, breakpointChanged: () => {}, refused: () => {} };
