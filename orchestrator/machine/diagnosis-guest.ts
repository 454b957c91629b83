/** QEMU runs the guest and the guest does not answer: is it frozen, or only some of its programs? */
import { activityClause, activityText, type CpuActivity, freezeOf, hasWork } from './cpu-activity.ts';
import { activitiesOf, lookAtCpus } from './cpu-looks.ts';
import { controlText, type DiagnosisContext, diagnosis } from './diagnosis-context.ts';
import { diagnoseFreeze } from './diagnosis-freeze.ts';
import { consoleTail, qemuStuck } from './diagnosis-qemu.ts';
import type { Diagnosis } from './diagnosis-types.ts';
import { SSH_SERVER, serverCommand, serverState } from './server-state.ts';

/** Asked on the control port only to see whether a shell still answers. */
const ALIVE_COMMAND = 'echo alive';

/**
 * Tells a frozen guest from one whose programs do not answer. Two series of looks at the CPUs, with the wait for the
 * control port between them: a long piece of work with interrupts off is no freeze.
 */
export async function diagnoseGuest(context: DiagnosisContext): Promise<Diagnosis> {
  const { machine, limits } = context;
  const bytesBefore = machine.console.bytes;
  // Asked while the CPUs are looked at; a broken port is as good as a silent one.
  const alive = machine.control?.ask(ALIVE_COMMAND, limits.controlMs).catch(() => undefined);
  const first = await lookAtCpus(context);
  if (first === undefined) return qemuStuck(context, 'info registers');
  // Without a port that time is waited for all the same: it is what lies between the looks.
  const answer = await context.wait(alive ?? new Promise<never>(() => undefined), limits.controlMs);
  if (answer !== undefined) return sshDead(context, activitiesOf(context, first));
  const second = await lookAtCpus(context);
  if (second === undefined) return qemuStuck(context, 'info registers');
  const activities = activitiesOf(context, [...first, ...second]);
  const printed = machine.console.bytes - bytesBefore;
  const freeze = printed === 0 ? freezeOf(activities) : undefined;
  if (freeze !== undefined) return diagnoseFreeze(context, freeze, activities);
  return noUserspace(context, activities, printed);
}

async function sshDead(context: DiagnosisContext, activities: readonly CpuActivity[]): Promise<Diagnosis> {
  const { machine, limits } = context;
  const server = machine.server ?? SSH_SERVER;
  const asked = machine.control?.ask(serverCommand(server), limits.controlMs) ?? Promise.resolve(undefined);
  const printed = await context.wait(asked, limits.controlMs);
  const said = printed === undefined ? 'it does not say more' : serverState(server, printed);
  return diagnosis('server-dead', `${server.label} does not answer, though the guest's shell does: ${said}`, [
    'the control port answers',
    ...(printed ?? '')
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== ''),
    ...activities.map(activityText),
    ...consoleTail(context),
  ]);
}

function noUserspace(
  context: DiagnosisContext,
  activities: readonly CpuActivity[],
  printed: number,
): Diagnosis {
  const evidence = [
    controlText(context),
    printed > 0 ? `the console printed ${printed} bytes meanwhile` : 'the console printed nothing meanwhile',
    ...activities.map(activityText),
    ...consoleTail(context),
  ];
  const working = activities.find(hasWork);
  const cpus =
    working === undefined
      ? 'the CPUs idle'
      : `CPU ${working.cpu} ${activityClause(working.kind)} in ${working.places[0]?.name ?? '?'}`;
  const { label } = context.machine.server ?? SSH_SERVER;
  // Without another way in nobody knows whether the guest or only that program is dead: that is no finding of a hang.
  if (context.machine.control === undefined)
    return diagnosis(
      'server-dead',
      `${label} does not answer, and there is no control port to ask; ${cpus}`,
      evidence,
    );
  return diagnosis('no-userspace', `the guest's programs do not answer; ${cpus}`, evidence);
}
