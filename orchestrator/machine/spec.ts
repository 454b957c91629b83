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
  /** A process of the host works in the guest's memory (vhost-user): a clone gets a copy of it to share. */
  readonly sharedMemory?: boolean;
  /** Further `-device` values, e.g. adapters that are there from the start. */
  readonly devices?: readonly string[];
  /** `-global` values: properties of devices that the machine has anyway. */
  readonly globals?: readonly string[];
}

/** Sockets that QEMU connects to and that unplug listens on, and the file for the console. */
export interface MachineSockets {
  /** Where QEMU appends what the guest prints. */
  readonly console: string;
  /** QEMU's own control protocol. */
  readonly qmp: string;
  /** The guest's agent on a virtio-serial port: no network, no port of the host, nothing to wait for. */
  readonly agent: string;
  /** The guest's SSH server on another one. */
  readonly ssh: string;
  /** The guest's control shell on another port, see {@link ControlPort}. */
  readonly control: string;
}

/** Where the guest's memory lies. */
export type MachineMemory =
  /** Of QEMU's own, gone with it. */
  | { readonly kind: 'anonymous' }
  /** Written through to a file: a template's, or a copy of it. */
  | { readonly kind: 'shared'; readonly file: string }
  /** Begins as the file is and leaves it alone. */
  | { readonly kind: 'private'; readonly file: string };

/** Whether a guest begins with its kernel, or with the state of another that comes through QMP. */
export type MachineBeginning = 'kernel' | 'state';

/**
 * Kernel parameters of every machine. `panic=-1` with QEMU's `-no-reboot` turns a panic into the end of QEMU;
 * kasan_multi_shot: all reports and not only the first (mm/kasan/report.c); the hung-task warnings are unlimited,
 * because the default stops after ten (kernel/hung_task.c);
 * unknown_nmi_panic: a guest with interrupts off can still say where it is (arch/x86/kernel/nmi.c).
 */
export const baseKernelParameters: readonly string[] = [
  'console=ttyS0',
  'panic=-1',
  'kasan_multi_shot',
  'no_hash_pointers',
  'ignore_loglevel',
  'unknown_nmi_panic',
  'printk.time=1',
  'tsc=reliable',
  'no_timer_check',
  'sysctl.kernel.hung_task_warnings=-1',
];

/** The virtio-serial ports; guest/init finds `unplug.NAME` in /sys/class/virtio-ports. */
const PORTS = ['agent', 'control', 'ssh'] as const;

/** Number of hot-plug root ports: q35's root bus itself refuses hot-plug. */
const ROOT_PORTS = 2;

/** Names of the root ports that PCI devices are plugged into. */
export const rootPorts: readonly string[] = Array.from({ length: ROOT_PORTS }, (_, port) => `port${port}`);

/**
 * QEMU's arguments for a machine. No 5-level paging: with QEMU 7.2's TCG a KASAN kernel then reports wild accesses in
 * its own early boot, or hangs. A clone gets its state through QMP; kernel and
 * initramfs are in the memory that it begins with, so it is not given them.
 */
export function qemuArguments(
  spec: MachineSpec,
  memory: MachineMemory,
  sockets: MachineSockets,
  beginning: MachineBeginning = 'kernel',
): string[] {
  const args = [
    ...['-name', `unplug-${spec.name.replaceAll(/[^\w.-]+/g, '-')}`],
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    ...['-cpu', 'max,la57=off', '-smp', String(spec.cpus), '-m', `${spec.memoryMiB}M`],
    ...memoryArguments(spec, memory),
    ...['-accel', spec.accelerator === 'tcg' ? 'tcg,thread=multi' : 'kvm'],
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...[
      '-chardev',
      `file,id=console,path=${escaped(sockets.console)},append=on`,
      '-serial',
      'chardev:console',
    ],
    ...['-chardev', `socket,id=qmp,path=${escaped(sockets.qmp)}`, '-mon', 'chardev=qmp,mode=control'],
    ...['-device', 'virtio-serial-pci,max_ports=8'],
    ...PORTS.flatMap((name, index) => [
      ...['-chardev', `socket,id=${name},path=${escaped(sockets[name])}`],
      ...['-device', `virtserialport,id=${name},nr=${index + 1},chardev=${name},name=unplug.${name}`],
    ]),
    ...['-device', 'virtio-rng-pci'],
  ];
  for (const [port, name] of rootPorts.entries()) {
    args.push('-device', `pcie-root-port,id=${name},chassis=${port + 1},slot=${port + 1}`);
  }
  for (const global of spec.globals ?? []) args.push('-global', global);
  for (const device of spec.devices ?? []) args.push('-device', device);
  if (beginning === 'state') return [...args, '-incoming', 'defer'];
  args.push('-kernel', spec.bzImage);
  if (spec.initramfs !== undefined) args.push('-initrd', spec.initramfs);
  args.push('-append', [...baseKernelParameters, ...(spec.kernelParameters ?? [])].join(' '));
  return args;
}

function memoryArguments({ memoryMiB }: MachineSpec, memory: MachineMemory): string[] {
  if (memory.kind === 'anonymous') return ['-machine', 'q35'];
  const share = memory.kind === 'shared' ? 'on' : 'off';
  return [
    ...[
      '-object',
      `memory-backend-file,id=ram,mem-path=${escaped(memory.file)},size=${memoryMiB}M,share=${share}`,
    ],
    ...['-machine', 'q35,memory-backend=ram'],
  ];
}

/** A comma ends an option of QEMU's (qemu-options: "double it"). */
function escaped(path: string): string {
  return path.replaceAll(',', ',,');
}
