/** What a machine is made of, before it runs. */

/** How guest code is executed. */
export type Accelerator = 'kvm' | 'tcg';

/** A QEMU guest to start. */
export interface MachineSpec {
  /** For messages: which case or run it belongs to. */
  readonly name: string;
  readonly bzImage: string;
  /** Initramfs archive; without one the kernel panics for want of a root, which is a test of its own. */
  readonly initramfs?: string;
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly accelerator: Accelerator;
  /** Added to {@link baseKernelParameters}. */
  readonly kernelParameters?: readonly string[];
  /** Further `-device` values, e.g. adapters that are there from the start. */
  readonly devices?: readonly string[];
}

/**
 * Kernel parameters of every machine. `panic=-1` with QEMU's `-no-reboot` turns a panic into the end of QEMU;
 * kasan_multi_shot: all reports and not only the first (mm/kasan/report.c); the hung-task warnings are unlimited,
 * because the default stops after ten (kernel/hung_task.c).
 */
export const baseKernelParameters: readonly string[] = [
  'console=ttyS0',
  'panic=-1',
  'kasan_multi_shot',
  'no_hash_pointers',
  'ignore_loglevel',
  'printk.time=1',
  'tsc=reliable',
  'no_timer_check',
  'sysctl.kernel.hung_task_warnings=-1',
];

/** Number of hot-plug root ports: q35's root bus itself refuses hot-plug. */
const ROOT_PORTS = 2;

/**
 * QEMU's arguments for a machine. No 5-level paging: with QEMU 7.2's TCG a KASAN kernel then reports wild accesses in
 * its own early boot, or hangs. The console is QEMU's standard output; QMP connects to `qmpSocket`, where unplug
 * listens, so that nobody polls for a socket to appear.
 */
export function qemuArguments(spec: MachineSpec, qmpSocket: string): string[] {
  const args = [
    ...['-name', `unplug-${spec.name.replaceAll(/[^\w.-]+/g, '-')}`],
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    ...['-machine', 'q35', '-cpu', 'max,la57=off', '-smp', String(spec.cpus), '-m', `${spec.memoryMiB}M`],
    ...['-accel', spec.accelerator === 'tcg' ? 'tcg,thread=multi' : 'kvm'],
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    ...[
      '-chardev',
      `socket,id=qmp,path=${qmpSocket.replaceAll(',', ',,')}`,
      '-mon',
      'chardev=qmp,mode=control',
    ],
    ...['-netdev', 'user,id=net0,restrict=on,hostfwd=tcp:127.0.0.1:0-:22'],
    ...['-device', 'virtio-net-pci,netdev=net0,romfile=', '-device', 'virtio-rng-pci'],
  ];
  for (let port = 0; port < ROOT_PORTS; port++) {
    args.push('-device', `pcie-root-port,id=port${port},chassis=${port + 1},slot=${port + 1}`);
  }
  for (const device of spec.devices ?? []) args.push('-device', device);
  args.push('-kernel', spec.bzImage);
  if (spec.initramfs !== undefined) args.push('-initrd', spec.initramfs);
  args.push('-append', [...baseKernelParameters, ...(spec.kernelParameters ?? [])].join(' '));
  return args;
}
