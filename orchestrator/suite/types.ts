/** What a suite is once it was read, and what it expands to. Plain data. */
import type { SourceLocation } from '../base/index.ts';
import type { MisbehaviourRule } from './misbehaviour.ts';

/** Bounds in milliseconds, counted on the guest's clock. */
export interface Limits {
  /** A removal that has not returned after that long is stuck. */
  readonly removalMs: number;
  /** A user that is still blocked that long after the removal ended is stuck. */
  readonly userMs: number;
}

/** When nothing but the removal happens: the moment of a case that names none. */
export const IDLE_MOMENT = 'idle';

/** The held files are used, closed, and the old name is opened once more: the aftermath of a case that names none. */
export const USE_AFTERMATH = 'use';

/** What the language knows to ask for after a removal. An adapter says which of them it has; all have `use`. */
export const AFTERMATHS: Readonly<Record<string, string>> = {
  [USE_AFTERMATH]: 'every held file is used in every way it knows, then closed',
  'close-forward': 'as use; several held files are closed in the order in which they were opened',
  'close-reverse': 'as use; several held files are closed in the reverse order',
  replug: 'as use; then the device is plugged again under the same name with the old files held',
  rebind: 'as use; then the driver is bound again with the old files held',
};

/** A product of names: each adapter with each class, hold, removal, moment and aftermath. */
export interface Product {
  readonly adapters: readonly string[];
  /** What of the adapters is held; null: every class that an adapter has. */
  readonly classes: readonly string[] | null;
  /** Holds of the adapters, or named ones of the suite. */
  readonly holds: readonly string[];
  readonly removals: readonly string[];
  /** What else goes on while the device is taken away: moments of the adapters, or misbehaviours of the suite. */
  readonly moments: readonly string[];
  /** What is done after the removal; absent: `use`. */
  readonly aftermaths?: readonly string[];
}

/** The ways of a point, as a suite's keys name them. */
export const AXES = ['adapters', 'classes', 'holds', 'removals', 'moments', 'aftermaths'] as const;

/** Points that a matrix leaves out: those that fit every key that is given. */
export type Exclusion = { readonly [Axis in (typeof AXES)[number]]?: readonly string[] };

/** A product, less what it excludes, and what it includes beside that. */
export interface Matrix extends Product {
  readonly exclude?: readonly Exclusion[];
  readonly include?: readonly Product[];
  /** How often each case is run; absent: once. */
  readonly repeat?: number;
  /** Config symbols (without `CONFIG_`) without which its cases are skipped. */
  readonly requires?: readonly string[];
  /** A contract of the suite that goes before the usual one. */
  readonly contract?: string;
  /** Where it begins in the suite's file. */
  readonly location: SourceLocation;
}

/** A KUnit suite of the kernel under test. */
export interface KunitSuite {
  /** Its exact name, as `kunit.filter_glob` takes it: `revocable_test`. */
  readonly suite: string;
  /** Config symbols (without `CONFIG_`) without which it is skipped. */
  readonly symbols: readonly string[];
  readonly location: SourceLocation;
}

/** Programs of one folder below tools/testing/selftests of the kernel under test. */
export interface SelftestCollection {
  /** `gpio`, `drivers/base/revocable`. */
  readonly collection: string;
  readonly programs: readonly string[];
  readonly symbols: readonly string[];
  /** A program that runs longer has hung; null: the default, by how fast the guest runs. */
  readonly timeoutMs: number | null;
  readonly location: SourceLocation;
}

/** Verdicts that a suite may expect. A pass needs no expectation, an error or a skip can't be expected. */
export type ExpectableVerdict = 'fail' | 'crash' | 'hang';

/** A known verdict, with a reason and the condition under which it ends. */
export interface Expectation {
  /** Glob over case names, see {@link globMatches}. */
  readonly cases: string;
  readonly verdict: ExpectableVerdict;
  /** Glob that the title of the verdict must match; any title when null. */
  readonly title: string | null;
  /** Variants it holds for; null means all. */
  readonly variants: readonly string[] | null;
  /** Whether a pass is expected too: what it is about happens in some runs only. */
  readonly sometimes?: boolean;
  readonly reason: string;
  /** When it is to be taken out again, in words. */
  readonly until: string;
  readonly location: SourceLocation;
}

/** A hold of the adapters with parameters of the suite's own. */
export interface NamedHold {
  /** As the adapters have it: `t4-ioctl`. */
  readonly hold: string;
  /** By name, see {@link Catalogue.holdParameters}. */
  readonly with: Readonly<Record<string, number>>;
}

/** What userspace may see once the device is gone, where a suite says otherwise than unplug's own table. */
export interface ContractRule {
  /** `held`: the call that was pending when the device went; `after`: made once it was gone. */
  readonly when: 'held' | 'after';
  readonly op: string;
  readonly allow: {
    readonly success?: boolean | undefined;
    readonly errnos?: readonly string[] | undefined;
    /** Poll: all of these bits. */
    readonly revents?: readonly string[] | undefined;
  };
  /** Where it is written, or why it is to be so. */
  readonly source: string;
}

/** A suite as read from its file. */
export interface Suite {
  readonly name: string;
  readonly description: string;
  /** The file it was read from, as given by the user. */
  readonly file: string;
  readonly variants: readonly string[];
  readonly limits: Limits;
  /** Whether each machine gets random numbers of its own; false: all begin with the same, for repeatability. */
  readonly reseed: boolean;
  /** Rules by name; a matrix names them among its moments. */
  readonly misbehaviours?: Readonly<Record<string, readonly MisbehaviourRule[]>>;
  /** Holds with parameters, by name; a matrix names them among its holds. */
  readonly holds?: Readonly<Record<string, NamedHold>>;
  /** Contracts by name; a matrix names the one that its cases are judged by first. */
  readonly contracts?: Readonly<Record<string, readonly ContractRule[]>>;
  readonly matrices: readonly Matrix[];
  readonly kunit: readonly KunitSuite[];
  readonly selftests: readonly SelftestCollection[];
  readonly expectations: readonly Expectation[];
}

/** A device taken away while it is held: one point of a suite's space. */
export interface RemovalCase {
  readonly kind: 'removal';
  /**
   * `adapter/class/hold/removal`, e.g. `gpio-sim/gpio-cdev/t2-read/configfs_disable`, with `/moment` if that is not
   * `idle`, and `/aftermath` if that is not `use`; unique and stable. A named hold is there by its own name.
   */
  readonly name: string;
  readonly adapter: string;
  readonly deviceClass: string;
  readonly hold: string;
  readonly removal: string;
  /** Absent: `idle`. */
  readonly moment?: string | undefined;
  /** What the adapter does wrong from the held state on, where the moment is a misbehaviour of the suite. */
  readonly misbehaviour?: readonly MisbehaviourRule[] | undefined;
  /** Absent: `use`. */
  readonly aftermath?: string | undefined;
  /** Of a named hold: options of the hold's program. */
  readonly parameters?: Readonly<Record<string, number>> | undefined;
  /** Config symbols beside those that the adapter needs. */
  readonly symbols?: readonly string[] | undefined;
  /** Goes before unplug's own contract. */
  readonly contract?: readonly ContractRule[] | undefined;
  /** How often it is run; absent: once. */
  readonly repeat?: number | undefined;
}

/** A KUnit suite, run by the kernel while it boots. */
export interface KunitCase {
  readonly kind: 'kunit';
  /** `kunit/SUITE` */
  readonly name: string;
  readonly suite: string;
  readonly symbols: readonly string[];
}

/** A program of the kernel's own selftests. */
export interface SelftestCase {
  readonly kind: 'selftest';
  /** `selftest/COLLECTION/PROGRAM` */
  readonly name: string;
  readonly collection: string;
  readonly program: string;
  readonly symbols: readonly string[];
  readonly timeoutMs: number | null;
}

/** What a suite comes to, one by one. Names are unique and stable. */
export type Case = RemovalCase | KunitCase | SelftestCase;

/** A combination that a matrix asks for and that the adapter doesn't have. */
export interface NotApplicable extends RemovalCase {
  readonly reason: string;
}

/** What a suite comes to, in the order of its file. */
export interface Expansion {
  readonly cases: readonly Case[];
  readonly notApplicable: readonly NotApplicable[];
}

/** An adapter as a suite sees it, held by one class of files. One name may be there for several classes. */
export interface CatalogueAdapter {
  readonly name: string;
  readonly deviceClass: string;
  readonly description: string;
  /** Holds and removals that it has. */
  readonly holds: readonly string[];
  readonly removals: readonly string[];
  /** Moments other than `idle`. */
  readonly moments?: readonly string[];
  /** Aftermaths other than `use`. */
  readonly aftermaths?: readonly string[];
  /** Whether it can be told to misbehave. */
  readonly misbehaves?: boolean;
  /** Kernel symbols that it needs, e.g. `CONFIG_GPIO_SIM`. */
  readonly requiredSymbols: readonly string[];
  /** By name of a hold, removal or moment: why the adapter doesn't have it, one clause. */
  readonly whyNot?: Readonly<Record<string, string>>;
}

/** All that a suite may name. Holds and removals that no adapter has are unknown names. */
export interface Catalogue {
  readonly adapters: readonly CatalogueAdapter[];
  /** What a named hold may set, by hold and name; a hold that is not listed takes nothing. */
  readonly holdParameters?: Readonly<Record<string, Readonly<Record<string, HoldParameter>>>>;
}

/** A whole number that a hold's program takes as an option. */
export interface HoldParameter {
  readonly least: number;
  readonly most: number;
  /** With its unit, for errors and the list. */
  readonly description: string;
}
