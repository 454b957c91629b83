/** Starts a removal, by whoever does it, and tells its events apart from all others. */
import type { HostRemoval, RemovalAction } from '../adapter/index.ts';
import { GuestError, InfraError } from '../base/index.ts';
import type { CallEvent, Observation, ReturnEvent, StartEvent, WorkloadEvent } from '../verdict/index.ts';
import { startProgram } from './guest-program.ts';
import type { RemovalContext } from './removal.ts';

/** What the host plugged, and can take away. */
export interface PluggedDevice {
  /** Resolves when it was asked for, not when it has happened. @throws InfraError when that was refused */
  remove(how: HostRemoval, signal?: AbortSignal): Promise<void>;
  /** When the host had word that the device is gone, on its monotonic clock; null: no word so far. */
  readonly goneMs: number | null;
  /** What somebody did to the process that is the device; undefined when nobody did, absent when there is none. */
  failure?(): Promise<InfraError | undefined>;
  /** Settles when that process ends though nobody asked for it. */
  readonly broken?: Promise<InfraError>;
}

/** Begins and ends of a removal in the events of the program that does it or waits for it. */
const REMOVAL_OPS: readonly string[] = ['write', 'gone', 'delete_module', 'rmdir', 'close'];

/** The call that takes the device away; where several modules are unloaded, the first of those calls. */
export const isRemovalCall = (event: WorkloadEvent): event is CallEvent =>
  event.ev === 'call' && event.source === 'remove' && REMOVAL_OPS.includes(event.op);

/** That call came back, the last of several, or one of them failed: either way the removal is over. */
export const isRemovalReturn = (event: WorkloadEvent): event is ReturnEvent =>
  event.ev === 'return' &&
  event.source === 'remove' &&
  ((event.phase === 'removal' && REMOVAL_OPS.includes(event.op)) || event.ret < 0);

/** The removing program looked after its call, and the device was not there any more. */
export const isSeenGone = (event: WorkloadEvent): event is ReturnEvent =>
  event.ev === 'return' && event.source === 'remove' && event.op === 'gone' && event.ret === 0;

/** The removing program has said all: what belongs to a removal may come after that has returned. */
export const isRemoverEnd = (event: WorkloadEvent): event is WorkloadEvent & { ev: 'end' } =>
  event.ev === 'end' && event.source === 'remove';

const isRemoverStart = (event: WorkloadEvent): event is StartEvent =>
  event.ev === 'start' && event.source === 'remove';

/**
 * Functions in the stack of a kernel thread that takes a device away for somebody outside: a USB hub
 * (drivers/usb/core/hub.c hub_event()), a PCI port (drivers/pci/hotplug/pciehp_ctrl.c pciehp_handle_presence_or_link_change(),
 * drivers/acpi/osl.c acpi_hotplug_work_fn()).
 */
const REMOVING_FUNCTIONS = ['hub_event', 'pciehp_', 'acpi_hotplug_work_fn'] as const;

/** Whether a thread of the kernel is at a removal. */
export function isRemovingWorker({ stack }: Pick<Observation, 'stack'>): boolean {
  return stack.some((frame) => REMOVING_FUNCTIONS.some((name) => frame.startsWith(name)));
}

function writeArguments({
  file,
  value,
  first,
  afterwards,
  gone,
}: Extract<RemovalAction, { by: 'write' }>): readonly string[] {
  return [
    ...['--file', file, '--value', value],
    ...(first === undefined ? [] : ['--first-file', first.file, '--first-value', first.value]),
    ...(afterwards === undefined ? [] : ['--then-file', afterwards.file, '--then-value', afterwards.value]),
    ...(gone === undefined ? [] : ['--gone', gone]),
  ];
}

/** The guest program that does a removal, or that waits for it, and its arguments. */
export function removingProgram(action: RemovalAction): readonly [string, readonly string[]] {
  switch (action.by) {
    case 'write':
      return ['remove-write', writeArguments(action)];
    case 'rmdir':
      return ['remove-directory', [action.directory]];
    case 'uhid':
      return ['remove-uhid', ['--pid', action.pid, '--fd', action.fd]];
    case 'program':
      return ['remove-program', ['--pid', action.pid, '--fd', action.fd]];
    case 'rmmod':
      return ['remove-module', action.modules.map((name) => name.replaceAll('-', '_'))];
    case 'host':
      return ['remove-wait', ['--path', action.path]];
  }
}

/**
 * Starts the program that does the removal. When the host does it, the program that waits for it begins first: then
 * the guest's clock tells when it was asked.
 * @throws GuestError when the program did not even begin; InfraError when the host could not do its part
 */
export async function startRemover(context: RemovalContext, action: RemovalAction): Promise<StartEvent> {
  const { shell, log, time, gone, plugged, signal } = context;
  const [program, args] = removingProgram(action);
  const remover = await startProgram(shell, log, 'remove', program, args);
  const ended = Promise.race([gone, remover.exited]);
  const wait = signal === undefined ? {} : { signal };
  const start = await log.waitFor(isRemoverStart, time.commandMs, ended, wait);
  if (start === undefined)
    throw new GuestError('the removing program did not begin', { detail: remover.stderr() });
  if (action.by !== 'host') return start;
  if (plugged === undefined) throw new InfraError(`nothing was plugged that ${action.how} could take away`);
  if ((await log.waitFor(isRemovalCall, time.commandMs, ended, wait)) === undefined)
    throw new GuestError('the program that waits for the removal ended early', { detail: remover.stderr() });
  await plugged.remove(action.how, signal);
  return start;
}
