/** Matrices to cases. Pure; the order is that of the file, and a name depends on nothing but its own parts. */
import type {
  Case,
  Catalogue,
  CatalogueAdapter,
  Expansion,
  KunitCase,
  KunitSuite,
  Matrix,
  NotApplicable,
  RemovalCase,
  SelftestCase,
  SelftestCollection,
  Suite,
} from './types.ts';

/** The stable name of a case. */
export function caseName(adapter: string, deviceClass: string, hold: string, removal: string): string {
  return `${adapter}/${deviceClass}/${hold}/${removal}`;
}

/** All holds and removals that some adapter of the catalogue has, in its order. */
export function knownNames(catalogue: Catalogue): {
  readonly adapters: readonly string[];
  readonly holds: readonly string[];
  readonly removals: readonly string[];
} {
  const { adapters } = catalogue;
  return {
    adapters: adapters.map((adapter) => adapter.name),
    holds: [...new Set(adapters.flatMap((adapter) => adapter.holds))],
    removals: [...new Set(adapters.flatMap((adapter) => adapter.removals))],
  };
}

/** One point of a matrix; `reason` is there when the adapter doesn't have it. */
export interface Point {
  readonly case: RemovalCase;
  readonly reason: string | null;
}

/**
 * The points of one matrix.
 * @throws RangeError for an adapter that is not in the catalogue; a parsed suite has none
 */
export function* pointsOf(matrix: Matrix, adapters: ReadonlyMap<string, CatalogueAdapter>): Generator<Point> {
  for (const name of matrix.adapters) {
    const adapter = adapters.get(name);
    if (adapter === undefined) throw new RangeError(`adapter ${name} is not in the catalogue`);
    for (const hold of matrix.holds) {
      const noHold = reasonAgainst(adapter, adapter.holds, hold, 'hold');
      for (const removal of matrix.removals) {
        yield {
          case: {
            kind: 'removal',
            name: caseName(name, adapter.deviceClass, hold, removal),
            adapter: name,
            deviceClass: adapter.deviceClass,
            hold,
            removal,
          },
          reason: noHold ?? reasonAgainst(adapter, adapter.removals, removal, 'removal'),
        };
      }
    }
  }
}

/**
 * What a suite comes to.
 * @throws RangeError for an adapter that is not in the catalogue; a parsed suite has none
 */
export function expand(
  suite: Pick<Suite, 'matrices'> & Partial<Pick<Suite, 'kunit' | 'selftests'>>,
  catalogue: Catalogue,
): Expansion {
  const adapters = adaptersByName(catalogue);
  const cases: Case[] = [];
  const notApplicable: NotApplicable[] = [];
  for (const matrix of suite.matrices) {
    for (const point of pointsOf(matrix, adapters)) {
      if (point.reason === null) cases.push(point.case);
      else notApplicable.push({ ...point.case, reason: point.reason });
    }
  }
  cases.push(...(suite.kunit ?? []).map(kunitCase), ...(suite.selftests ?? []).flatMap(selftestCases));
  return { cases, notApplicable };
}

/** The case of a KUnit suite. */
export function kunitCase({ suite, symbols }: KunitSuite): KunitCase {
  return { kind: 'kunit', name: `kunit/${suite}`, suite, symbols };
}

/** The cases of a collection, one a program. */
export function selftestCases(of: SelftestCollection): readonly SelftestCase[] {
  const { collection, symbols, timeoutMs } = of;
  return of.programs.map((program) => ({
    kind: 'selftest',
    name: `selftest/${collection}/${program}`,
    collection,
    program,
    symbols,
    timeoutMs,
  }));
}

/** The catalogue's adapters by their name. */
export function adaptersByName(catalogue: Catalogue): ReadonlyMap<string, CatalogueAdapter> {
  return new Map(catalogue.adapters.map((adapter) => [adapter.name, adapter]));
}

function reasonAgainst(
  adapter: CatalogueAdapter,
  has: readonly string[],
  wanted: string,
  what: 'hold' | 'removal',
): string | null {
  if (has.includes(wanted)) return null;
  return adapter.whyNot?.[wanted] ?? `${adapter.name} (${adapter.deviceClass}) has no ${what} ${wanted}`;
}
