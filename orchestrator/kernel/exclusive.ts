/** Symbols that can't be had together: asking for both is refused before anything is downloaded or configured. */
import { ConfigError } from '../base/index.ts';
import { type AskedSymbol, configLine, place } from './fragment.ts';

/** Two symbols that exclude each other, and where the kernel says so. */
export interface ExclusivePair {
  /** The symbol that would be lost. */
  readonly loser: string;
  readonly winner: string;
  /** The line of Kconfig behind it. */
  readonly because: string;
}

/** Pairs of which one is dropped by Kconfig without a word (read in 6.12 and 7.2). */
export const EXCLUSIVE_PAIRS: readonly ExclusivePair[] = [
  { loser: 'KASAN', winner: 'SLUB_TINY', because: 'lib/Kconfig.kasan: KASAN depends on SYSFS && !SLUB_TINY' },
  {
    loser: 'SLUB_DEBUG',
    winner: 'SLUB_TINY',
    because: 'mm/Kconfig.debug: SLUB_DEBUG depends on SYSFS && !SLUB_TINY',
  },
  { loser: 'KCSAN', winner: 'KASAN', because: 'lib/Kconfig.kcsan: KCSAN depends on DEBUG_KERNEL && !KASAN' },
  {
    loser: 'KMSAN',
    winner: 'KASAN',
    because: 'lib/Kconfig.kmsan: KMSAN depends on DEBUG_KERNEL && !KASAN && !KCSAN',
  },
  {
    loser: 'KMSAN',
    winner: 'KCSAN',
    because: 'lib/Kconfig.kmsan: KMSAN depends on DEBUG_KERNEL && !KASAN && !KCSAN',
  },
];

/**
 * Refuses a set of symbols that Kconfig can't grant together. To be asked before {@link mergeFragments}: the pair
 * explains more than "these two fragments disagree on SLUB_TINY" does.
 * @throws ConfigError naming both symbols, with the file and line of each
 */
export function refuseExclusive(
  asked: readonly AskedSymbol[],
  pairs: readonly ExclusivePair[] = EXCLUSIVE_PAIRS,
): void {
  const wanted = new Map(
    asked.filter((symbol) => symbol.value !== 'n').map((symbol) => [symbol.name, symbol]),
  );
  for (const { loser, winner, because } of pairs) {
    const [lost, kept] = [wanted.get(loser), wanted.get(winner)];
    if (lost === undefined || kept === undefined) continue;
    throw new ConfigError(
      `CONFIG_${loser} and CONFIG_${winner} exclude each other: ` +
        `${place(lost)} asks for ${configLine(lost)}, ${place(kept)} for ${configLine(kept)}`,
      { location: lost.location, hint: 'take one of the two lines out', detail: `  ${because}` },
    );
  }
}
