/** Brings a machine up for one case: a clone of the template, or a boot. */
import { bootMachine, cloneMachine, type MachineOrigin, type RunningMachine } from '../machine/index.ts';
import type { Case } from '../suite/index.ts';
import type { CaseEnvironment } from './environment.ts';
import { kunitParameters } from './kunit.ts';
import { needsSharedMemory } from './machine-shape.ts';

/** KUnit runs while the kernel boots, and without a template there is nothing to clone. */
export function originOf(environment: CaseEnvironment, testCase: Case): MachineOrigin {
  return environment.template === undefined || testCase.kind === 'kunit' ? 'boot' : 'clone';
}

/**
 * Clones or boots.
 * @throws BootError, InfraError; what the signal was aborted with
 */
export async function bringUp(
  environment: CaseEnvironment,
  testCase: Case,
  consolePath: string,
  signal: AbortSignal | undefined,
): Promise<RunningMachine> {
  const { template, timeLimits: limits } = environment;
  if (template !== undefined && originOf(environment, testCase) === 'clone')
    return cloneMachine(template, consolePath, {
      name: testCase.name,
      limits,
      sharedMemory: needsSharedMemory(testCase),
      signal,
    });
  const spec = {
    ...environment.machine,
    name: testCase.name,
    sharedMemory: needsSharedMemory(testCase),
    initramfs: await environment.initramfs(),
    ...(testCase.kind === 'kunit' ? { kernelParameters: kunitParameters(testCase) } : {}),
  };
  return bootMachine(spec, consolePath, { limits, signal });
}
