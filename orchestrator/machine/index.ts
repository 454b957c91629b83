/** QEMU guests: what they are made of, how they start, their console and control connection. */
export * from './accelerator.ts';
export * from './boot.ts';
export * from './clone.ts';
export type { ConsoleRecorder } from './console.ts';
export type { ControlPort } from './control.ts';
export { limitName, type TimeLimits, timeFactor, timeLimits } from './limits.ts';
export type { QmpClient, QmpEvent } from './qmp.ts';
export type { MachineOrigin, RunningMachine } from './running.ts';
export type { Accelerator, MachineSpec } from './spec.ts';
export { ensureTemplate, type Template, type TemplateParts } from './template.ts';
