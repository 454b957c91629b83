/** A test device plugged into a test peer. */
import { BehaviourScript } from '../../usb/behaviour.ts';
import type { UsbDescription } from '../../usb/device.ts';
import { UsbRedirConnection } from '../connection.ts';
import type { ConnectionEvent } from '../events.ts';
import { Trace } from '../trace.ts';
import type { TraceEntry } from '../trace-entry.ts';
import { TestDevice } from './device.ts';
import { streamPair, TestPeer } from './peer.ts';

/** Numbers of statuses. */
export const SUCCESS = 0;
export const CANCELLED = 1;
export const INVAL = 2;
export const IOERROR = 3;
export const STALLED = 4;
export const TIMEOUT = 5;
export const BABBLE = 6;

export interface Plugged {
  readonly connection: UsbRedirConnection;
  readonly peer: TestPeer;
  readonly device: TestDevice;
  readonly script: BehaviourScript;
  readonly events: ConnectionEvent[];
  readonly entries: TraceEntry[];
}

/** Plugs one; it is closed when the test is over. */
export async function plug(
  t: { teardown(undo: () => unknown): void },
  description?: UsbDescription,
  capabilities?: number,
): Promise<Plugged> {
  const [ours, theirs] = streamPair();
  const device = new TestDevice(description);
  const script = new BehaviourScript();
  const events: ConnectionEvent[] = [];
  const entries: TraceEntry[] = [];
  const connection = UsbRedirConnection.start(ours, device, {
    script,
    trace: new Trace([{ take: (entry) => entries.push(entry) }]),
    onEvent: (event) => events.push(event),
  });
  t.teardown(() => connection.close());
  const peer = new TestPeer(theirs, capabilities);
  peer.hello(capabilities);
  await connection.ready;
  await peer.until(() => peer.of(1).length === 1);
  return { connection, peer, device, script, events, entries };
}
