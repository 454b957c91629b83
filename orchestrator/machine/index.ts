/** QEMU guests: what they are made of, how they start, their console and control connection. */
export * from './accelerator.ts';
export * from './boot.ts';
export type { ConsoleRecorder } from './console.ts';
export type { MachineLimits } from './limits.ts';
export type { QmpClient, QmpEvent } from './qmp.ts';
export type { Accelerator, MachineSpec } from './spec.ts';
