/** How figures are printed: what was measured with its goal, then the figure. */

export const say = (what: string, value: string): void => console.log(`${what.padEnd(72)} ${value}`);
export const us = (s: number): string => `${(s * 1e6).toFixed(2)} µs`;
export const ms = (s: number): string => `${(s * 1e3).toFixed(2)} ms`;
