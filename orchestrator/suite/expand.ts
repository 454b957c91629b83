/** Matrices to cases. Pure; the order is that of the file, and a name depends on nothing but its own parts. */
import {
  AXES,
  type Case,
  type Catalogue,
  type CatalogueAdapter,
  type Exclusion,
  type Expansion,
  IDLE_MOMENT,
  type KunitCase,
  type KunitSuite,
  type Matrix,
  type NotApplicable,
  type Product,
  type RemovalCase,
  type SelftestCase,
  type SelftestCollection,
  type Suite,
  USE_AFTERMATH,
} from './types.ts';

/** The stable name of a case. */
export function caseName(
  adapter: string,
  deviceClass: string,
  hold: string,
  removal: string,
  moment: string = IDLE_MOMENT,
  aftermath: string = USE_AFTERMATH,
): string {
  const name = `${adapter}/${deviceClass}/${hold}/${removal}`;
  const atMoment = moment === IDLE_MOMENT ? name : `${name}/${moment}`;
  return aftermath === USE_AFTERMATH ? atMoment : `${atMoment}/${aftermath}`;
}

/** All names that some adapter of the catalogue has, in its order. */
export interface Known {
  readonly adapters: readonly string[];
  readonly classes: readonly string[];
  readonly holds: readonly string[];
  readonly removals: readonly string[];
  readonly moments: readonly string[];
  readonly aftermaths: readonly string[];
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
    aftermaths: [...new Set([USE_AFTERMATH, ...each(({ aftermaths = [] }) => aftermaths)])],
  };
}

/** The catalogue's adapters by their name, one for each class. */
export type AdaptersByName = ReadonlyMap<string, readonly CatalogueAdapter[]>;

/** What of a suite its matrices may name. */
export type Named = Partial<Pick<Suite, 'misbehaviours' | 'holds' | 'contracts'>>;

/** One point of a matrix; `reason` is there when the adapter doesn't have it. */
export interface Point {
  readonly case: RemovalCase;
  readonly reason: string | null;
}

/**
 * The points of one matrix: of its product without what it excludes, then of what it includes.
 * @throws RangeError for an adapter that is not in the catalogue; a parsed suite has none
 */
export function* pointsOf(matrix: Matrix, adapters: AdaptersByName, named: Named = {}): Generator<Point> {
  const common = commonOf(matrix, named);
  const excluded = (matrix.exclude ?? []).map(matcherOf);
  yield* pointsOfProduct(matrix, adapters, named, common, excluded);
  for (const product of matrix.include ?? []) yield* pointsOfProduct(product, adapters, named, common, []);
}

/** What all cases of a matrix have. */
type Common = Pick<RemovalCase, 'symbols' | 'contract' | 'repeat'>;

function commonOf({ requires = [], contract, repeat = 1 }: Matrix, { contracts = {} }: Named): Common {
  const rules = contract === undefined ? undefined : contracts[contract];
  return {
    ...(requires.length === 0 ? {} : { symbols: requires }),
    ...(rules === undefined ? {} : { contract: rules }),
    ...(repeat === 1 ? {} : { repeat }),
  };
}

/** Whether a point, given as the values of {@link AXES}, fits an exclusion. */
export type Matcher = (...values: readonly string[]) => boolean;

/** Keys that are absent fit everything. */
export function matcherOf(exclusion: Exclusion): Matcher {
  const sets = AXES.map((axis) => (exclusion[axis] === undefined ? null : new Set(exclusion[axis])));
  return (...values) => sets.every((set, axis) => set === null || set.has(values[axis] as string));
}

function* pointsOfProduct(
  product: Product,
  adapters: AdaptersByName,
  named: Named,
  common: Common,
  excluded: readonly Matcher[],
): Generator<Point> {
  for (const name of product.adapters) {
    const ofName = adapters.get(name);
    if (ofName === undefined) throw new RangeError(`adapter ${name} is not in the catalogue`);
    for (const deviceClass of product.classes ?? ofName.map((one) => one.deviceClass)) {
      const adapter = ofName.find((one) => one.deviceClass === deviceClass);
      yield* pointsOfClass(product, { name, deviceClass, adapter }, named, common, excluded);
    }
  }
}

interface AdapterOfClass {
  readonly name: string;
  readonly deviceClass: string;
  readonly adapter: CatalogueAdapter | undefined;
}

function* pointsOfClass(
  { holds, removals, moments, aftermaths = [USE_AFTERMATH] }: Product,
  { name, deviceClass, adapter }: AdapterOfClass,
  named: Named,
  common: Common,
  excluded: readonly Matcher[],
): Generator<Point> {
  const noClass = adapter === undefined ? `${name} offers nothing of class ${deviceClass}` : null;
  const against = (has: readonly string[] | undefined, wanted: string, what: string): string | null =>
    adapter === undefined || has === undefined ? noClass : reasonAgainst(adapter, has, wanted, what);
  // All that does not depend on the point itself is worked out before: there may be a hundred thousand.
  const ways = removals.map((removal) => ({
    removal,
    reason: against(adapter?.removals, removal, 'removal'),
  }));
  const ends = endsOf(moments, aftermaths, name, adapter, named, against);
  for (const holdName of holds) {
    const namedHold = named.holds?.[holdName];
    const hold = namedHold?.hold ?? holdName;
    const noHold = against(adapter?.holds, hold, 'hold');
    const parameters = namedHold === undefined ? {} : { parameters: namedHold.with };
    const tails = ends.map((end) => ({ ...end, rest: { ...end.rest, ...parameters, ...common } }));
    for (const { removal, reason: noRemoval } of ways) {
      const stem = caseName(name, deviceClass, holdName, removal);
      for (const { suffix, moment, aftermath, reason, rest } of tails) {
        if (excluded.some((fits) => fits(name, deviceClass, holdName, removal, moment, aftermath))) continue;
        yield {
          case: {
            kind: 'removal',
            name: `${stem}${suffix}`,
            adapter: name,
            deviceClass,
            hold,
            removal,
            ...rest,
          },
          reason: noHold ?? noRemoval ?? reason,
        };
      }
    }
  }
}

/** The end of a case: its moment and aftermath. */
interface End {
  readonly moment: string;
  readonly aftermath: string;
  /** Of the name; '' for what every case does. */
  readonly suffix: string;
  readonly reason: string | null;
  readonly rest: Pick<RemovalCase, 'moment' | 'misbehaviour' | 'aftermath'>;
}

function endsOf(
  moments: readonly string[],
  aftermaths: readonly string[],
  name: string,
  adapter: CatalogueAdapter | undefined,
  { misbehaviours = {} }: Named,
  against: (has: readonly string[] | undefined, wanted: string, what: string) => string | null,
): readonly End[] {
  return moments.flatMap((moment) => {
    const misbehaviour = misbehaviours[moment];
    const cantMisbehave = adapter?.misbehaves ? null : `${name} can't be told to misbehave`;
    const noMoment =
      misbehaviour === undefined || adapter === undefined
        ? against([IDLE_MOMENT, ...(adapter?.moments ?? [])], moment, 'moment')
        : cantMisbehave;
    return aftermaths.map((aftermath): End => {
      const noAftermath = against([USE_AFTERMATH, ...(adapter?.aftermaths ?? [])], aftermath, 'aftermath');
      return {
        moment,
        aftermath,
        suffix: caseName('', '', '', '', moment, aftermath).slice('///'.length),
        reason: noMoment ?? noAftermath,
        rest: {
          ...(moment === IDLE_MOMENT ? {} : { moment }),
          ...(misbehaviour === undefined ? {} : { misbehaviour }),
          ...(aftermath === USE_AFTERMATH ? {} : { aftermath }),
        },
      };
    });
  });
}

/**
 * What a suite comes to.
 * @throws RangeError for an adapter that is not in the catalogue; a parsed suite has none
 */
export function expand(
  suite: Pick<Suite, 'matrices'> & Named & Partial<Pick<Suite, 'kunit' | 'selftests'>>,
  catalogue: Catalogue,
): Expansion {
  const adapters = adaptersByName(catalogue);
  const cases: Case[] = [];
  const notApplicable: NotApplicable[] = [];
  for (const matrix of suite.matrices) {
    for (const point of pointsOf(matrix, adapters, suite)) {
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
