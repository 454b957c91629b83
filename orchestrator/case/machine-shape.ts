/** Which machine a case needs. What can be added costs nothing; machines that are built in another way are kept apart. */
import { adapterFor, ensureBackendProgram, type MachineNeeds } from '../adapter/index.ts';
import type { CachePaths } from '../base/index.ts';
import type { Case } from '../suite/index.ts';
import type { CaseEnvironment } from './environment.ts';

/** What tells a machine from others of its variant. */
export interface MachineShape {
  /** Its name: see {@link shapeOf}. */
  readonly name: string;
  /** `-device` values: all that any of its cases needs. */
  readonly devices: readonly string[];
  /** `-global` values. */
  readonly globals: readonly string[];
  readonly kernelParameters: readonly string[];
}

/** The name of a case's machine: its `-global` values and kernel parameters; empty for that of most. */
export function shapeOf(testCase: Case): string {
  const { globals, kernelParameters } = builtFrom(testCase);
  return [...globals, ...kernelParameters].join(' ');
}

/** The machines that the cases need, each once, in the order of the cases; with no case the one of most. */
export function machineShapes(cases: readonly Case[]): readonly [MachineShape, ...MachineShape[]] {
  const groups = new Map<string, Case[]>();
  for (const one of cases) groups.set(shapeOf(one), [...(groups.get(shapeOf(one)) ?? []), one]);
  const shapes = [...groups].map(([name, ofShape]): MachineShape => {
    const devices = ofShape.flatMap((one) => needsOf(one)?.machineDevices ?? []);
    return {
      name,
      devices: [...new Set(devices)].sort(),
      ...builtFrom(ofShape[0]),
    };
  });
  const [first = { name: '', devices: [], ...builtFrom(undefined) }, ...others] = shapes;
  return [first, ...others];
}

/** The environment with the machine that a case needs. */
export function environmentFor(environment: CaseEnvironment, testCase: Case): CaseEnvironment {
  return { ...environment, ...environment.shapes?.get(shapeOf(testCase)) };
}

/** Whether a process of the host works in the memory of the case's machine. */
export function needsSharedMemory(testCase: Case): boolean {
  return needsOf(testCase)?.sharedMemory === true;
}

/** Compiles the programs of the host that the cases need. @throws BuildError; what the signal was aborted with */
export async function ensureHostPrograms(
  cases: readonly Case[],
  cache: CachePaths,
  signal?: AbortSignal,
): Promise<void> {
  if (cases.some(needsSharedMemory)) await ensureBackendProgram(signal, cache);
}

function needsOf(testCase: Case | undefined): MachineNeeds | undefined {
  return testCase?.kind === 'removal' ? adapterFor(testCase)?.host : undefined;
}

/** All cases of a shape have this in common. */
function builtFrom(testCase: Case | undefined): Pick<MachineShape, 'globals' | 'kernelParameters'> {
  const needs = needsOf(testCase);
  return {
    globals: [...(needs?.machineGlobals ?? [])].sort(),
    kernelParameters: [...(needs?.kernelParameters ?? [])].sort(),
  };
}
