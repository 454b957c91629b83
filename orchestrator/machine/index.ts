/** QEMU guests: what they are made of, how they start, their console and control connection. */
export * from './accelerator.ts';
export * from './boot.ts';
export * from './clone.ts';
export type { ConsoleRecorder } from './console.ts';
export type { ControlPort } from './control.ts';
export { diagnose } from './diagnosis.ts';
export { type Diagnosis, diagnosisLimits } from './diagnosis-types.ts';
export { type OomKills, sampleOomKills } from './host-condition.ts';
export { limitName, type TimeLimits, timeFactor, timeLimits } from './limits.ts';
export { type Listener, listenForOne } from './listener.ts';
export { isStopped, processState } from './process-state.ts';
export { QmpClient, type QmpEvent } from './qmp.ts';
export type { MachineOrigin, RunningMachine } from './running.ts';
export type { GuestServer } from './server-state.ts';
export { type Accelerator, type MachineSpec, rootPorts } from './spec.ts';
export { lazySymbolise, type Symbolise } from './system-map.ts';
export { ensureTemplate, type Template, type TemplateParts } from './template.ts';
