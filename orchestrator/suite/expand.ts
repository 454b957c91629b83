/** Matrices to cases. Pure; the order is that of the file, and a name depends on nothing but its own parts. */
import {
  type Case,
  type Catalogue,
  type CatalogueAdapter,
  type Expansion,
  IDLE_MOMENT,
  type KunitCase,
  type KunitSuite,
  type Matrix,
  type NotApplicable,
  type RemovalCase,
  type SelftestCase,
  type SelftestCollection,
  type Suite,
} from './types.ts';

/** The stable name of a case. */
export function caseName(
  adapter: string,
  deviceClass: string,
  hold: string,
  removal: string,
  moment: string = IDLE_MOMENT,
): string {
  const name = `${adapter}/${deviceClass}/${hold}/${removal}`;
  return moment === IDLE_MOMENT ? name : `${name}/${moment}`;
}

/** All names that some adapter of the catalogue has, in its order. */
export interface Known {
  readonly adapters: readonly string[];
  readonly classes: readonly string[];
  readonly holds: readonly string[];
  readonly removals: readonly string[];
  readonly moments: readonly string[];
}

/** Collects the names of a catalogue. */
export function knownNames({ adapters }: Catalogue): Known {
  const each = (namesOf: (adapter: CatalogueAdapter) => readonly string[]): string[] => [
    ...new Set(adapters.flatMap(namesOf)),
  ];
  return {
    adapters: each(({ name }) => [name]),
    classes: each(({ deviceClass }) => [deviceClass]),
    holds: each(({ holds }) => holds),
    removals: each(({ removals }) => removals),
    moments: [IDLE_MOMENT, ...each(({ moments = [] }) => moments)],
  };
}

/** The catalogue's adapters by their name, one for each class. */
export type AdaptersByName = ReadonlyMap<string, readonly CatalogueAdapter[]>;

type Misbehaviours = NonNullable<Suite['misbehaviours']>;

/** One point of a matrix; `reason` is there when the adapter doesn't have it. */
export interface Point {
  readonly case: RemovalCase;
  readonly reason: string | null;
}

/**
 * The points of one matrix.
 * @throws RangeError for an adapter that is not in the catalogue; a parsed suite has none
 */
export function* pointsOf(
  matrix: Matrix,
  adapters: AdaptersByName,
  misbehaviours: Misbehaviours = {},
): Generator<Point> {
  for (const name of matrix.adapters) {
    const ofName = adapters.get(name);
    if (ofName === undefined) throw new RangeError(`adapter ${name} is not in the catalogue`);
    for (const deviceClass of matrix.classes ?? ofName.map((one) => one.deviceClass)) {
      const adapter = ofName.find((one) => one.deviceClass === deviceClass);
      yield* pointsOfClass(matrix, name, deviceClass, adapter, misbehaviours);
    }
  }
}

function* pointsOfClass(
  { holds, removals, moments }: Matrix,
  name: string,
  deviceClass: string,
  adapter: CatalogueAdapter | undefined,
  misbehaviours: Misbehaviours,
): Generator<Point> {
  const noClass = adapter === undefined ? `${name} offers nothing of class ${deviceClass}` : null;
  const against = (has: readonly string[] | undefined, wanted: string, what: string): string | null =>
    adapter === undefined || has === undefined ? noClass : reasonAgainst(adapter, has, wanted, what);
  for (const hold of holds) {
    const noHold = against(adapter?.holds, hold, 'hold');
    for (const removal of removals) {
      const noRemoval = against(adapter?.removals, removal, 'removal');
      for (const moment of moments) {
        const misbehaviour = misbehaviours[moment];
        const noMoment =
          misbehaviour === undefined
            ? against([IDLE_MOMENT, ...(adapter?.moments ?? [])], moment, 'moment')
            : (noClass ?? (adapter?.misbehaves ? null : `${name} can't be told to misbehave`));
        yield {
          case: {
            kind: 'removal',
            name: caseName(name, deviceClass, hold, removal, moment),
            adapter: name,
            deviceClass,
            hold,
            removal,
            ...(moment === IDLE_MOMENT ? {} : { moment }),
            ...(misbehaviour === undefined ? {} : { misbehaviour }),
          },
          reason: noHold ?? noRemoval ?? noMoment,
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
  suite: Pick<Suite, 'matrices'> & Partial<Pick<Suite, 'misbehaviours' | 'kunit' | 'selftests'>>,
  catalogue: Catalogue,
): Expansion {
  const adapters = adaptersByName(catalogue);
  const cases: Case[] = [];
  const notApplicable: NotApplicable[] = [];
  for (const matrix of suite.matrices) {
    for (const point of pointsOf(matrix, adapters, suite.misbehaviours)) {
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
export function adaptersByName({ adapters }: Catalogue): AdaptersByName {
  const byName = new Map<string, CatalogueAdapter[]>();
  for (const adapter of adapters) byName.set(adapter.name, [...(byName.get(adapter.name) ?? []), adapter]);
  return byName;
}

function reasonAgainst(
  adapter: CatalogueAdapter,
  has: readonly string[],
  wanted: string,
  what: string,
): string | null {
  if (has.includes(wanted)) return null;
  return adapter.whyNot?.[wanted] ?? `${adapter.name} (${adapter.deviceClass}) has no ${what} ${wanted}`;
}
