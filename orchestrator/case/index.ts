/** One case from boot to what is kept of it. */
export { catalogue } from './catalogue.ts';
export type { CaseEnvironment, ReadyMachine } from './environment.ts';
export { ensureHostPrograms, environmentFor, type MachineShape, machineShapes } from './machine-shape.ts';
export {
  type Emulated,
  emulated,
  type PlugContext,
  type PluggedAdapter,
  type PluggedUsbAdapter,
  type PlugVariation,
  plugHost,
  USB_TRACE,
} from './plug-host.ts';
export { removingProgram } from './remover.ts';
export { type CaseOptions, type CaseOutcome, runCase } from './run-case.ts';
export { HEALTH_COMMAND } from './set-up.ts';
export { requiredSymbols } from './skip.ts';
