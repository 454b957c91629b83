/** What a case would have to show for a pass, in words: the same table and bounds that the oracles judge by. */
import { allowedText, contractFor } from './contract-table.ts';
import { type Evidence, heldCall } from './evidence.ts';
import { limitText } from './waits.ts';

/** One line each. */
export function passTerms(evidence: Evidence): readonly string[] {
  const { record, calls } = evidence;
  const { case: testCase, limits, removal, user } = record;
  if (testCase.kind !== 'removal')
    return ['every test of it is ok, and its output is complete', 'the kernel reports nothing'];
  const { deviceClass, contract } = testCase;
  const terms = [
    `${testCase.removal} returns within ${limitText(limits.removalMs)} with nobody's help` +
      (removal?.mechanism === 'rmmod'
        ? ', or is refused (EAGAIN, EBUSY) and the device goes on working'
        : ''),
  ];
  const held = heldCall(evidence);
  if (user?.blocking !== false) {
    const op = held?.op ?? 'call';
    const line = held === undefined ? undefined : contractFor(deviceClass, 'held', op, contract);
    const with_ = line === undefined ? '' : `: ${allowedText(line.allowed)}`;
    terms.push(`the pending ${op} returns within ${limitText(limits.userMs)} of that${with_}`);
  }
  const ops = new Set(
    calls
      .filter(({ source, phase }) => source === 'hold' && (phase === 'before' || phase === 'after'))
      .map(({ op }) => op),
  );
  const after = [...ops, 'close'].flatMap((op) => {
    const line = contractFor(deviceClass, 'after', op, contract);
    return line === undefined ? [] : [`${op} ${allowedText(line.allowed)}`];
  });
  terms.push(`afterwards: ${[...new Set(after)].join('; ')}`);
  terms.push(
    `the kernel reports nothing${record.health?.before?.lockdep === false ? '' : ', lockdep stays on'}, and processes start`,
  );
  return terms;
}
