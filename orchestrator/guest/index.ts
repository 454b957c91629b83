/** What runs in a guest and how it is reached. */
export { type CpioEntry, writeCpio } from './cpio.ts';
export { type GuestImage, guestPaths, type ImageParts, makeGuestImage } from './image.ts';
export { makeRunKeys, type RunKeys } from './keys.ts';
export { selftestEntries } from './selftests.ts';
export { type GuestProcess, type GuestResult, GuestShell } from './shell.ts';
export { ensureWorkloads } from './workloads.ts';
