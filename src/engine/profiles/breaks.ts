/** By which invariants a mistake of a kernel or a driver shows. */

/** How something written is lost, which is I18: each way has causes of its own. */
export type Loss = 'swap-copy' | 'stale-write' | 'takeover' | 'replaced' | 'fresh-page';

/** The number of an invariant, or a way in which I18 is broken. */
export type Breaks = number | Loss;
