/** Failures that a scenario injects into a driver. */

import type { IntColumn } from '../machine/column';
import type { DeviceRow } from '../machine/ids';
import type { Armed, FailureInjection } from '../routine/driver';
import type { Kernel } from '../routine/kernel';
import { Own } from '../routine/own';

/** What is counted for one point of failure: by device, and for whichever of the driver's devices comes next. */
interface Point {
  readonly times: IntColumn;
  readonly result: IntColumn;
  /** Rows of the machine's scalars. */
  readonly anyTimes: number;
  readonly anyResult: number;
}

/** The points at which one driver can be made to fail; `Name` is the union of their names. */
export class Injection<Name extends string> implements FailureInjection {
  readonly tables: Own<ReadonlyMap<string, Point>>;

  constructor(
    driver: string,
    readonly points: readonly Name[],
  ) {
    this.tables = new Own(({ store, devices: { devices } }) => {
      const point = (name: string): Point => ({
        times: devices.int(`${driver}.fail.${name}`),
        result: devices.int(`${driver}.fail.${name}.result`),
        anyTimes: store.scalar(`${driver}.fail.${name}`),
        anyResult: store.scalar(`${driver}.fail.${name}.result`),
      });
      return new Map(points.map((name) => [name, point(name)]));
    });
  }

  /** Uses up one failure at this point. Returns the word armed with it, or undefined where nothing is to fail. */
  take(k: Kernel, name: Name, device: DeviceRow): number | undefined {
    const point = this.tables.of(k).get(name);
    if (point === undefined) return undefined;
    if (k.scalars.get(point.anyTimes) > 0) {
      k.scalars.add(point.anyTimes, -1);
      return k.scalars.get(point.anyResult);
    }
    if (point.times.get(device) <= 0) return undefined;
    point.times.add(device, -1);
    return point.result.get(device);
  }

  /** The next use of this point fails. */
  isArmed(k: Kernel, name: Name, device: DeviceRow): boolean {
    const point = this.tables.of(k).get(name);
    return point !== undefined && (k.scalars.get(point.anyTimes) > 0 || point.times.get(device) > 0);
  }

  arm(k: Kernel, device: DeviceRow, { point: name, times, result }: Armed): void {
    const point = this.tables.of(k).get(name);
    if (point === undefined) return;
    if (device === 0) {
      k.scalars.set(point.anyTimes, times);
      k.scalars.set(point.anyResult, result);
    } else {
      point.times.set(device, times);
      point.result.set(device, result);
    }
  }

  disarm(k: Kernel, device: DeviceRow): void {
    for (const { times, anyTimes } of this.tables.of(k).values()) {
      times.set(device, 0);
      k.scalars.set(anyTimes, 0);
    }
  }

  armed(k: Kernel, device: DeviceRow): Armed[] {
    return [...this.tables.of(k)].flatMap(([point, { times, result }]) =>
      times.get(device) > 0 ? [{ point, times: times.get(device), result: result.get(device) }] : [],
    );
  }

  watched(k: Kernel): IntColumn[] {
    return [...this.tables.of(k).values()].map(({ times }) => times);
  }
}
