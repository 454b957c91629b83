/** Why a case can't be run on a variant: something that its kernel or its source does not have. */
import { adapterFor, type RemovalName, wayBack } from '../adapter/index.ts';
import { InfraError } from '../base/index.ts';
import type { Case, RemovalCase } from '../suite/index.ts';
import { comeBackOf } from './come-back.ts';
import type { CaseEnvironment } from './environment.ts';

/** The reason, one clause; null when the case can be run. @throws InfraError for an adapter that does not exist */
export function whySkipped(
  testCase: Case,
  { kernel, selftests }: Pick<CaseEnvironment, 'kernel' | 'selftests'>,
): string | null {
  const { symbols, functions, excluded } = required(testCase);
  const lacking = [
    ...symbols.filter((symbol) => !kernel.hasSymbol(symbol)).map((symbol) => `CONFIG_${symbol}`),
    ...functions.filter((name) => !kernel.hasFunction(name)).map((name) => `${name}()`),
  ];
  if (lacking.length > 0) return `the kernel lacks ${lacking.join(', ')}`;
  const foreign = excluded.filter((name) => kernel.hasFunction(name));
  if (foreign.length > 0) return `the kernel has ${foreign.join('(), ')}(): another interface`;
  const noWayBack = testCase.kind === 'removal' ? whyNotBack(testCase) : null;
  if (noWayBack !== null) return noWayBack;
  if (testCase.kind !== 'selftest') return null;
  const { collection, program } = testCase;
  const files = selftests.get(collection);
  const missing =
    files === undefined ? collection : files.includes(program) ? null : `${collection}/${program}`;
  return missing === null ? null : `the kernel's source has no tools/testing/selftests/${missing}`;
}

/** Config symbols (without `CONFIG_`) without which a case is skipped. @throws InfraError as {@link whySkipped} */
export function requiredSymbols(testCase: Case): readonly string[] {
  return required(testCase).symbols;
}

/** Why the aftermath of a case is not to be had after its removal. */
function whyNotBack(testCase: RemovalCase): string | null {
  const comeBack = comeBackOf(testCase);
  const adapter = adapterFor(testCase);
  if (comeBack === undefined || adapter === undefined) return null;
  const way = wayBack(adapter, comeBack, testCase.removal as RemovalName, { device: '' });
  return way === undefined ? `there is no ${comeBack} after ${testCase.removal}` : null;
}

interface Required {
  readonly symbols: readonly string[];
  readonly functions: readonly string[];
  readonly excluded: readonly string[];
}

function required(testCase: Case): Required {
  switch (testCase.kind) {
    case 'kunit':
      return { symbols: ['KUNIT', ...testCase.symbols], functions: [], excluded: [] };
    case 'selftest':
      return { symbols: testCase.symbols, functions: [], excluded: [] };
    case 'removal': {
      const adapter = adapterFor(testCase);
      if (adapter === undefined) throw new InfraError(`no adapter '${testCase.adapter}'`);
      return {
        symbols: [...new Set([...adapter.requiredSymbols, ...(testCase.symbols ?? [])])],
        functions: adapter.requiredFunctions,
        excluded: adapter.excludedFunctions ?? [],
      };
    }
  }
}
