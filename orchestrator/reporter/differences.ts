/** The cases in which a run's variants differ: what a maintainer asks for first. */
import { type RunCase, type RunRecord, representatives } from '../results/index.ts';
import { formatMeasured } from '../timing/index.ts';

/** A case with more than one outcome; variants with the same one stand together, in the order of the run. */
export interface Difference {
  readonly name: string;
  readonly outcomes: readonly { readonly variants: readonly string[]; readonly example: RunCase }[];
}

/** What makes two outcomes the same: times differ from one boot to the next, and say nothing by themselves. */
function outcomeOf({ verdict, title, userSaw }: RunCase): string {
  // Titles have offsets of one build in them, and lists of other names.
  const plain = title.replaceAll(/\+0x[0-9a-f]+\/0x[0-9a-f]+/g, '');
  return JSON.stringify([verdict, plain, userSaw]);
}

/** The differences, in the order of the cases. A case that was skipped on a variant is no difference by that alone. */
export function differencesOf(run: Pick<RunRecord, 'cases'>): readonly Difference[] {
  const byName = new Map<string, RunCase[]>();
  for (const one of representatives(run)) byName.set(one.name, [...(byName.get(one.name) ?? []), one]);
  const differences: Difference[] = [];
  for (const [name, cases] of byName) {
    const groups = new Map<string, { variants: string[]; example: RunCase }>();
    for (const one of cases) {
      if (one.verdict === null || one.verdict === 'skip') continue;
      const group = groups.get(outcomeOf(one)) ?? { variants: [], example: one };
      group.variants.push(one.variant);
      groups.set(outcomeOf(one), group);
    }
    if (groups.size > 1) differences.push({ name, outcomes: [...groups.values()] });
  }
  return differences;
}

/** `revocable-v1: hang, removed in > 12 s, user saw EINTR: stuck in …` */
export function outcomeLine({ variants, example }: Difference['outcomes'][number]): string {
  const removed = example.removal === null ? '' : `, removed in ${formatMeasured(example.removal)}`;
  const saw = example.userSaw === null ? '' : `, user saw ${example.userSaw}`;
  const title = example.title === '' ? '' : `: ${example.title}`;
  return `${variants.join(', ')}: ${example.verdict}${removed}${saw}${title}`;
}
