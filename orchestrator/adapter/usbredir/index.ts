/** USB devices for QEMU's usb-redir: the protocol, and a connection that plays a device model. */
export { UsbRedirConnection } from './connection.ts';
export type {
  ConnectionEvent,
  ConnectionLoad,
  ConnectionOptions,
  DisconnectOutcome,
  EndCause,
} from './events.ts';
export { Trace } from './trace.ts';
export type { TraceEntry, TraceSink, TraceStart } from './trace-entry.ts';
