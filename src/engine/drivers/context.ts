/**
 * Contexts of a device: programs that run on it and reach a process's memory through its mirror. The kernel's test driver
 * has no such part: this is how drivers of devices with page faults work.
 */

import type { DeviceRow, MirrorRow, ProcessRow, TaskRow, Vpn } from '../machine/ids';
import { Wait } from '../machine/tasks';
import type { ContextAccess, OnDevice } from '../routine/driver';
import type { Kernel } from '../routine/kernel';
import {
  Bool,
  type Builder,
  ByteT,
  DeviceFaultT,
  DeviceT,
  ErrnoT,
  Int,
  MirrorT,
  type Node,
  type Routine,
  routine,
  VpnT,
} from '../routine/routine';
import { begin_fault, complete_fault, fault_buffer, has_room, raise_fault } from './fault_buffer';

/** What the routines of contexts need of a driver. */
export interface ContextOps {
  /** The source file that the routines are said to be in. */
  readonly file: string;
  /** A program begins to use a range. */
  begin(k: Kernel): void;
  /** One access through the mirror; false where that does not map the page with this right. */
  access(k: Kernel, mirror: MirrorRow, vpn: Vpn, write: boolean, value: number): boolean;
  /** Makes a range usable for the device, and returns 0 or -errno. */
  readonly fault: Fault;
  /** The same for kernels without interval notifiers. */
  readonly faultByVma: Fault;
}

interface Fault {
  readonly text: string;
  readonly routine: Routine<FaultRange>;
}

interface FaultRange {
  mirror: MirrorRow;
  start: Vpn;
  end: Vpn;
  write: number;
}

const deviceOf = (k: Kernel, f: { mirror: MirrorRow }): DeviceRow =>
  k.devices.mirrorDevice.get(f.mirror) as DeviceRow;

/** What a program on the device does with a range. Returns 0 or -errno. */
export const contextAccess = (ops: ContextOps): Routine<ContextAccess> =>
  routine({
    name: 'device_context_access',
    file: ops.file,
    about:
      'A program on the device uses a range through its mirror; a page that is missing there is faulted in.',
    params: { mirror: MirrorT, start: VpnT, pages: Int, write: Bool, value: ByteT, rise: Int },
    locals: { vpn: VpnT, end: VpnT, fault: DeviceFaultT, ret: ErrnoT },
    body: (r) => [
      r.step('addr = start', (k, f) => {
        ops.begin(k);
        f.vpn = f.start;
        f.end = (f.start + f.pages) as Vpn;
      }),
      r.loop('(addr < end && !ret)', (_, f) => f.vpn < f.end && f.ret === 0, [
        r.yield('Y14'),
        r.when(
          'the mirror maps the page with this right: the device uses it',
          (k, f) =>
            ops.access(k, f.mirror, f.vpn, f.write !== 0, (f.value + f.rise * (f.vpn - f.start)) & 255),
          [
            r.step('addr += PAGE_SIZE', (_, f) => {
              f.vpn = (f.vpn + 1) as Vpn;
            }),
          ],
          [
            r.step('the access fails', (k, f) => {
              f.fault = begin_fault(k, f.mirror, f.vpn, f.write);
              k.tasks.faults.add(k.task, 1);
            }),
            r.wait('the fault buffer has room', Wait.FaultBuffer, deviceOf, (k, f) =>
              has_room(k, deviceOf(k, f)),
            ),
            r.step('write an entry into the fault buffer and raise an interrupt', (k, f) =>
              raise_fault(k, f.fault),
            ),
            r.wait(
              'the device waits for the answer',
              Wait.DeviceFault,
              (_, f) => f.fault,
              (k, f) => k.devices.faultDone.get(f.fault) !== 0,
            ),
            r.step('replay, or give up', (k, f) => {
              f.ret = k.devices.faultResult.get(f.fault);
              k.devices.faults.free(f.fault);
            }),
          ],
        ),
      ]),
      r.ret('return 0, or -errno', (_, f) => f.ret),
    ],
  });

/** Makes the page of an entry usable, and answers it. */
const service = <F extends { fault: number }>(r: Builder<F>, { text, routine }: Fault): Node<F> =>
  r.call(
    text,
    routine,
    (k, f, callee) => {
      callee.mirror = k.devices.faultMirror.get(f.fault) as MirrorRow;
      callee.start = k.devices.faultVpn.get(f.fault) as Vpn;
      callee.end = (callee.start + 1) as Vpn;
      callee.write = k.devices.faultWrite.get(f.fault);
    },
    (k, f, value) => complete_fault(k, f.fault, value),
  );

/** Services a device's fault buffer, the oldest entry first, and sleeps while it is empty. */
export const faultWork = (ops: ContextOps): Routine<OnDevice> =>
  routine({
    name: 'device_fault_work',
    file: ops.file,
    about:
      "The bottom half of a device's fault interrupt: make each page of the fault buffer usable, the oldest first.",
    params: { device: DeviceT },
    locals: { fault: DeviceFaultT },
    body: (r) => [
      r.loop('(true)', () => true, [
        r.wait(
          'sleep until the device raises its interrupt',
          Wait.DeviceWork,
          (_, f) => f.device,
          (k, f) => fault_buffer(k, f.device).length > 0,
        ),
        r.step('take the oldest entry', (k, f) => {
          f.fault = fault_buffer(k, f.device)[0] ?? 0;
        }),
        r.only((profile) => profile.intervalNotifiers, [service(r, ops.fault)], [service(r, ops.faultByVma)]),
      ]),
    ],
  });

/** The bottom half of a device as a task without a process, on the last CPU. `name` is its name's number. */
export function start_bottom_half(k: Kernel, device: DeviceRow, name: number): void {
  const { service_faults } = k.driverOf(device).operations;
  if (service_faults === undefined) return;
  const task = k.tasks.tasks.alloc() as TaskRow;
  k.tasks.process.set(task, 0 as ProcessRow);
  k.tasks.taskName.set(task, name);
  k.tasks.cpu.set(task, k.cpus - 1);
  k.devices.bottomHalf.set(device, task);
  k.start(task, service_faults, (frame) => {
    (frame as unknown as OnDevice).device = device;
  });
}
