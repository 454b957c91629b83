/**
 * Oracle: is there enough evidence to judge the case at all? What is missing makes an error, never a pass: a scan that
 * could not run is a failure.
 */
import { cameBack, mustComeBack, wasUsed } from './came-back.ts';
import {
  callEvidence,
  type Evidence,
  heldCall,
  judged,
  type OracleResult,
  outcomeText,
  removalWorked,
  unloadRefused,
  works,
} from './evidence.ts';
import { programTroubles } from './programs.ts';
import type { EndedBy } from './record.ts';
import type { Finding } from './verdict.ts';
import { judgeWait, limitText, removalWait, userWait } from './waits.ts';

/** Looks for everything that a case must have left behind. */
export function evidenceOracle(evidence: Evidence): OracleResult {
  const { record, splats } = evidence;
  const { infra } = record;
  if (infra !== null) {
    const [first = '', ...rest] = infra.message.split('\n');
    const summary = `${infra.code} in phase ${infra.phase}: ${first}`;
    // A report of the kernel explains why the rest failed; it must not be hidden behind our own trouble.
    if (splats.length > 0) return judged([], `explained by the kernel's report: ${summary}`);
    return judged(
      [{ oracle: 'evidence', verdict: 'error', summary, evidence: rest }],
      'what came after it is missing',
    );
  }
  return judged(
    [
      ...missingParts(evidence),
      ...protocol(evidence),
      ...beforeRemoval(evidence),
      ...removalItself(evidence),
      ...aftermath(evidence),
      ...programTroubles(evidence),
    ].map(
      ([summary, ...lines]): Finding => ({ oracle: 'evidence', verdict: 'error', summary, evidence: lines }),
    ),
  );
}

/** Summary, then evidence lines. */
type Missing = readonly [string, ...string[]];

function missingParts({ record }: Evidence): readonly Missing[] {
  const missing: Missing[] = [];
  if (record.console === null) missing.push(['there is no console']);
  else if (!record.console.complete)
    missing.push(['the console is not complete: a report may have been missed']);
  if (record.removal === null) missing.push(['no removal was recorded']);
  if (record.user === null) missing.push(['there is no word of the user']);
  if (record.health === null || record.health.before === null)
    missing.push(['health before the case is not known']);
  else if (record.health.after === null && record.health.failure === null) {
    missing.push(['health after the case is not known']);
  }
  return missing;
}

function protocol({ events, strayReturns }: Evidence): readonly Missing[] {
  const missing: Missing[] = [];
  const last = new Map<string, number>();
  for (const [index, event] of events.entries()) {
    const at = `events.jsonl:${index + 1}`;
    if (event.ev === 'garbage') {
      missing.push([
        `program ${event.source} printed something that is no event`,
        `${at} ${JSON.stringify(event.text)}`,
      ]);
      continue;
    }
    if (event.ev === 'fault') {
      const errno = event.errno ? ` (${event.errno})` : '';
      missing.push([`program ${event.source} reports a fault: ${event.what}${errno}`, at]);
    }
    if (event.source === 'hold' || event.source === 'remove') {
      const before = last.get(event.source) ?? 0;
      if (event.t < before)
        missing.push([
          `events of program ${event.source} are out of order`,
          `${at} t ${event.t} after ${before}`,
        ]);
      last.set(event.source, event.t);
    }
  }
  for (const line of strayReturns)
    missing.push(['a call returned that was never made', `events.jsonl:${line}`]);
  return missing;
}

/** The device worked, and the held state was observed before the removal. */
function beforeRemoval(evidence: Evidence): readonly Missing[] {
  const { record, events, calls } = evidence;
  const missing: Missing[] = [];
  const before = calls.filter(
    (call) => call.source === 'hold' && (call.phase === 'open' || call.phase === 'before'),
  );
  if (!before.some((call) => call.phase === 'open')) missing.push(['the device was never opened']);
  if (!before.some((call) => call.phase === 'before'))
    missing.push(['the device was never used before the removal']);
  for (const call of before) {
    const { result } = call;
    if (result === null) {
      missing.push([
        `the device did not work before the removal: ${call.label} did not return`,
        callEvidence(call),
      ]);
    } else if (!works(result)) {
      const gave = outcomeText(result);
      missing.push([
        `the device did not work before the removal: ${call.label} gave ${gave}`,
        callEvidence(call),
      ]);
    }
  }
  const held = events.find((event) => event.ev === 'held' && event.source === 'hold');
  const asked = record.removal?.askedNs;
  if (held === undefined || held.ev !== 'held') missing.push(['the held state was never observed']);
  else if (asked !== undefined && held.t > asked)
    missing.push(['the removal was asked for before the held state was observed']);
  const returned = heldCall(evidence)?.result;
  if (returned && asked !== undefined && returned.endNs < asked) {
    missing.push([
      `the pending ${returned.op} had returned before the removal was asked for: ${outcomeText(returned)}`,
    ]);
  }
  return missing;
}

function removalItself(evidence: Evidence): readonly Missing[] {
  const { removal, limits } = evidence.record;
  if (removal === null) return [];
  const missing: Missing[] = [];
  if (removal.errno !== null && removal.endedBy === 'itself' && !unloadRefused(evidence.record)) {
    missing.push([`the removal was refused with ${removal.errno}: nothing was taken away`, removal.action]);
  }
  if (removal.endedBy === 'itself' && removal.returnedNs === null)
    missing.push(['when the removal returned is not known']);
  if (removal.endedBy !== 'itself' && removal.endedAtNs === null)
    missing.push(['when unplug ended the removal is not known']);
  else if (
    removal.endedBy !== 'itself' &&
    judgeWait(removalWait(evidence, removal), limits.removalMs) === 'cut-short'
  ) {
    missing.push([`unplug ended the removal's wait before the bound of ${limitText(limits.removalMs)}`]);
  }
  if (removalWorked(evidence.record) && !sawGone(evidence)) {
    missing.push(['the removal returned, but nobody saw the device go', removal.action]);
  }
  return missing;
}

const GONE: readonly string[] = ['ENODEV', 'ENXIO', 'SIGBUS'];

/** Whether anyone saw that the device is gone: "I asked" is not "it happened". */
function sawGone({ record, calls }: Evidence): boolean {
  const { removal } = record;
  if (removal === null) return false;
  if (removal.guestSawGoneNs !== null || removal.hostSawGoneMs !== null) return true;
  return calls.some(({ source, phase, op, result }) => {
    if (source !== 'hold' || phase !== 'after' || result === null) return false;
    if (result.errno) return op === 'open' || GONE.includes(result.errno);
    return result.revents?.includes('POLLHUP') === true;
  });
}

/** Removals after which the user still lives and must have closed what it held. */
const USER_LIVES: readonly EndedBy[] = ['itself', 'interrupt', 'close'];

function aftermath(evidence: Evidence): readonly Missing[] {
  const { record, calls, events } = evidence;
  const { removal, user, limits } = record;
  if (removal === null || user === null) return [];
  const missing: Missing[] = [];
  const made = (phase: 'before' | 'after' | 'close'): Set<string> =>
    new Set(calls.filter((call) => call.source === 'hold' && call.phase === phase).map((call) => call.op));
  const raced = events.some((event) => event.ev === 'raced' && event.op === 'close');
  if (USER_LIVES.includes(removal.endedBy) && !made('close').has('close') && !raced)
    missing.push(['the held device was never closed']);
  if (removalWorked(record) || unloadRefused(record)) {
    const gaveUp = events.some(
      (event) => event.ev === 'done' && event.name === 'after' && event.completed === false,
    );
    const after = made('after');
    const unused = [...made('before')].filter((op) => !after.has(op));
    if (unused.length > 0 && !gaveUp && !raced)
      missing.push([`no use after the removal was recorded: ${unused.join(', ')}`]);
    if (removalWorked(record) && mustComeBack(evidence)) {
      const back = cameBack(evidence);
      if (back === undefined) missing.push(['the device was to come back, and nothing is known of that']);
      else if (back.device !== null && !wasUsed(evidence))
        missing.push(['the device that came back was not used to the end']);
    }
    if (user.blocking && !unloadRefused(record)) missing.push(...pendingCallEnd(evidence, limits.userMs));
  }
  const unreturned = calls.filter(
    (call) => call.source === 'hold' && call.result === null && call.phase !== 'held',
  );
  const explained = events.some((event) => event.ev === 'done' && event.completed === false);
  for (const call of unreturned) {
    if (!explained && call.phase !== 'before' && call.phase !== 'open' && removal.endedBy !== 'never') {
      missing.push([`no return of ${call.label} was recorded`, callEvidence(call)]);
    }
  }
  return missing;
}

function pendingCallEnd(evidence: Evidence, userMs: number): readonly Missing[] {
  const { user, removal } = evidence.record;
  const call = heldCall(evidence);
  if (user === null || removal === null) return [];
  if (call === undefined) return [['a call was to be pending, but none was made']];
  if (user.endedBy === null) return [['how the pending call ended is not known']];
  if (user.endedBy === 'itself') {
    return call.result === null
      ? [['the return of the pending call was not recorded', callEvidence(call)]]
      : [];
  }
  const wait = userWait(evidence, user, user.endedBy, removal.returnedNs ?? 0);
  return judgeWait(wait, userMs) === 'cut-short'
    ? [[`unplug ended the user's wait before the bound of ${limitText(userMs)}`]]
    : [];
}
