/** What is the matter with a guest when a step of a case failed. */
import { dirname } from 'node:path';
import { type GuestShell, runInGuest } from '../guest/index.ts';
import {
  type Diagnosis,
  diagnose,
  diagnosisLimits,
  type GuestServer,
  type OomKills,
  type RunningMachine,
} from '../machine/index.ts';
import type { CaseEnvironment } from './environment.ts';

/** The program of the guest that unplug talks to (guest/init starts it). */
const AGENT: GuestServer = { label: 'the agent', comm: 'agent', log: '/run/agent.log' };

/** A case in which a step failed. */
export interface FailedCase {
  readonly environment: CaseEnvironment;
  readonly machine: RunningMachine;
  readonly shell: GuestShell;
  /** Where the case's files go. */
  readonly directory: string;
  readonly oomKillsAtStart: OomKills;
  readonly signal: AbortSignal | undefined;
}

/**
 * Asks the guest whether it is there, and looks at it from outside when it is not.
 * @returns null for a guest that answers: then it was the step itself that failed
 * @throws what the signal was aborted with
 */
export async function whySilent(failed: FailedCase): Promise<Diagnosis | null> {
  const { environment, machine, shell, directory, oomKillsAtStart, signal } = failed;
  const { limits } = machine;
  try {
    await runInGuest(shell, ['/bin/true'], limits.observeMs, signal);
    return null;
  } catch {
    signal?.throwIfAborted();
  }
  const { template, symbolise } = environment;
  const paths = [directory, ...(template === undefined ? [] : [dirname(template.memory)])];
  const diagnosable = { ...machine, symbolise, oomKillsAtStart, paths, server: AGENT };
  return diagnose(diagnosable, diagnosisLimits(limits), signal);
}

/** Whether the console has ended, because QEMU has. */
export function machineEnded({ kind }: Diagnosis): boolean {
  return kind === 'qemu-ended';
}
