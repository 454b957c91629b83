/** One case from boot to what is kept of it. */
export { catalogue, machineDevices } from './catalogue.ts';
export type { CaseEnvironment } from './environment.ts';
export { type PluggedAdapter, type PlugVariation, plugHost, USB_TRACE } from './plug-host.ts';
export { type CaseOptions, type CaseOutcome, runCase } from './run-case.ts';
export { HEALTH_COMMAND } from './set-up.ts';
export { requiredSymbols } from './skip.ts';
