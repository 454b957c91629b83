/** The results of the kernel's own tests as TAP 14 subtests, with their own names. */
import { type KtapResult, outcomeOf } from '../ktap/index.ts';
import type { CaseReport } from './reporter.ts';
import { escapeTap, oneLine } from './tap-text.ts';

const INDENT = '    ';

/** The lines that stand in front of the case's own point; none for a case without such results. */
export function nestedResults({ case: one, verdict }: CaseReport): readonly string[] {
  const results = verdict.tests?.results ?? [];
  // What the suite expects to fail must not make the run fail: to TAP that is something still to do.
  const excuse = one.assessment === 'expected' ? ' # TODO expected by the suite' : '';
  return results.length === 0 ? [] : subtest(one.name, results, excuse);
}

function subtest(name: string, results: readonly KtapResult[], excuse: string): readonly string[] {
  return [
    `# Subtest: ${escapeTap(oneLine(name))}`,
    `${INDENT}1..${results.length}`,
    ...results.flatMap((result, index) => point(result, index + 1, excuse)).map((text) => `${INDENT}${text}`),
  ];
}

function point(result: KtapResult, number: number, excuse: string): readonly string[] {
  const { name, directive, diagnostics, children } = result;
  const bad = fails(result);
  const about = result.ok === null ? ' (its result line never came)' : '';
  const reason = directive?.reason ? ` ${escapeTap(oneLine(directive.reason))}` : '';
  const said =
    directive?.word === 'SKIP' && !bad
      ? ` # SKIP${reason}`
      : directive?.word === 'TODO'
        ? ` # TODO${reason}`
        : directive === null
          ? ''
          : ` (${directive.word}${reason})`;
  return [
    ...(children.length === 0 ? [] : subtest(name, children, excuse)),
    `${bad ? 'not ok' : 'ok'} ${number} - ${escapeTap(oneLine(name))}${about}${said}${bad ? excuse : ''}`,
    ...(bad ? diagnostics.map((text) => `# ${oneLine(text)}`) : []),
  ];
}

/** By its own line or by what is nested in it. */
function fails(result: KtapResult): boolean {
  const outcome = outcomeOf(result);
  return outcome === 'failed' || outcome === 'missing' || result.children.some(fails);
}
