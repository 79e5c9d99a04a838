/** Names of the tasks that no scenario declares: the kernel's workers and the bottom halves of devices. */

/** The kernel worker of a CPU. */
export const workerName = (cpu: number): string => `kworker${cpu}`;

/** The thread that swaps out for a node. */
export const kswapdName = (node: number): string => `kswapd${node}`;

/** The bottom half of a device. */
export const bottomHalfName = (device: string): string => `${device}_bh`;

/** The kernel's workers of a machine: one for each CPU where there are several, and one for each node. */
export function workerNames(cpus: number, nodes: number): string[] {
  const perCpu = cpus === 1 ? [] : Array.from({ length: cpus }, (_, cpu) => workerName(cpu));
  return [...perCpu, ...Array.from({ length: nodes }, (_, node) => kswapdName(node))];
}
