/** What runs in a guest and how it is reached. */
export { AgentShell } from './agent-shell.ts';
export { type CpioEntry, writeCpio } from './cpio.ts';
export { deviceTools, type HostProgram } from './host-programs.ts';
export { bootableArchive, type GuestImage, guestPaths, type ImageParts, makeGuestImage } from './image.ts';
export { type GuestKeys, keysText, makeGuestKeys, parseKeys } from './keys.ts';
export { selftestEntries } from './selftests.ts';
export {
  type GuestCommand,
  type GuestProcess,
  type GuestResult,
  type GuestShell,
  runInGuest,
} from './shell.ts';
export { SshShell, type TerminalSize } from './ssh-shell.ts';
export { ensureWorkloads } from './workloads.ts';
