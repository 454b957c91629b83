/** `unplug list`: suites, variants, adapters and cases. */
import { catalogue } from '../case/index.ts';
import { loadVariants } from '../kernel/index.ts';
import { loadSuite, suiteNames } from './suites.ts';

/** Prints what there is; with a suite, its cases and what does not apply. */
export async function list(suiteName: string | undefined): Promise<number> {
  const lines: string[] = [];
  if (suiteName !== undefined) {
    const { expansion } = await loadSuite(suiteName, []);
    for (const one of expansion.cases) lines.push(one.name);
    for (const one of expansion.notApplicable) lines.push(`${one.name}  # not applicable: ${one.reason}`);
  } else {
    lines.push('suites:');
    for (const name of await suiteNames()) {
      const { suite, expansion } = await loadSuite(name, []);
      lines.push(
        `  ${name}  ${expansion.cases.length} cases  ${suite.description.trim().split('\n')[0] ?? ''}`,
      );
    }
    lines.push('variants:');
    const { value } = await loadVariants();
    for (const [name, one] of Object.entries(value.variants)) {
      const series = [one.series ?? []].flat().map((text) => ` + ${text}`);
      const what = [one.source, ...series].join('');
      lines.push(
        `  ${name}  ${what}, profile ${one.profile}${one.description ? `: ${one.description}` : ''}`,
      );
    }
    lines.push('adapters:');
    for (const adapter of catalogue().adapters) {
      lines.push(`  ${adapter.name}  ${adapter.description}`);
      lines.push(
        `    class ${adapter.deviceClass}; holds ${adapter.holds.join(' ')}; removals ${adapter.removals.join(' ')}`,
      );
      for (const [name, reason] of Object.entries(adapter.whyNot ?? {}))
        lines.push(`    no ${name}: ${reason}`);
    }
  }
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}
