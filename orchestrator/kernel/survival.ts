/**
 * The survival check: Kconfig drops a symbol with unmet dependencies without a word, so every symbol that was asked
 * for is looked up in the final config.
 */
import { BuildError, nearestNames } from '../base/index.ts';
import { type AskedSymbol, configLine, place } from './fragment.ts';
import type { Kconfig, KconfigDefinition } from './kconfig.ts';
import {
  conjuncts,
  type Expression,
  evaluate,
  formatExpression,
  parseExpression,
} from './kconfig-expression.ts';
import type { FinalConfig } from './symbols.ts';

/** An asked-for symbol that the final config has not, or not with that value. */
export interface LostSymbol {
  readonly asked: AskedSymbol;
  /** Its value in the final config, `n` when it is not set. */
  readonly value: string;
}

/** The symbols that did not survive. */
export function lostSymbols(asked: readonly AskedSymbol[], config: FinalConfig): LostSymbol[] {
  return asked
    .map((symbol) => ({ asked: symbol, value: config.get(symbol.name) ?? 'n' }))
    .filter(({ asked: { value: wanted }, value }) => value !== wanted && !sameNumber(value, wanted));
}

/** Why a symbol was lost: `needs KASAN, which is not set`. */
export function explainLoss(
  { asked, value }: LostSymbol,
  kconfig: Kconfig,
  config: FinalConfig,
  wishes: readonly AskedSymbol[] = [],
): string {
  const { name } = asked;
  const definitions = kconfig.definitions.get(name);
  if (definitions === undefined) {
    const near = nearestNames(name, kconfig.definitions.keys());
    return `this source has no such symbol${near.length === 0 ? '' : `; did you mean ${near.join(', ')}?`}`;
  }
  if (asked.value === 'n') {
    const selecting = selectorsOf(name, kconfig, config);
    if (selecting.length > 0)
      return `selected by ${selecting.map((by) => origin(by, kconfig, config, wishes)).join('; by ')}`;
    const { file, line } = definitions[0] as KconfigDefinition;
    if (definitions.every(({ prompt }) => prompt === undefined))
      return `it has no prompt: its default is ${value} here (${file}:${line})`;
  }
  // With several definitions the one that lacks least is the one that was meant.
  const lacking = definitions
    .map((definition) => ({ definition, reasons: unmet(definition.dependsOn, config) }))
    .sort((a, b) => a.reasons.length - b.reasons.length)[0];
  if (lacking !== undefined && lacking.reasons.length > 0) return `needs ${lacking.reasons.join('; needs ')}`;
  const prompts = definitions.filter((definition) => definition.prompt !== undefined);
  if (prompts.length === 0) {
    const selectors = (kconfig.selects.get(name) ?? []).map(({ by }) => by);
    return selectors.length === 0
      ? 'it has no prompt: it follows from other symbols and cannot be asked for'
      : `it has no prompt: only other symbols select it (${selectors.slice(0, 5).join(', ')}${selectors.length > 5 ? ', …' : ''})`;
  }
  const hidden = prompts.map((definition) => unmet(definition.prompt?.conditions ?? [], config));
  if (hidden.every((reasons) => reasons.length > 0))
    return `can only be chosen with ${hidden[0]?.join(' and ')}`;
  const rival = definitions.map((definition) => choiceRival(name, definition, kconfig, config)).find(Boolean);
  if (rival !== undefined) return `of its choice ${rival} is taken`;
  return `Kconfig set it to ${value} (${definitions[0]?.file}:${definitions[0]?.line})`;
}

/**
 * Checks that everything asked for is there.
 * @throws BuildError naming every lost symbol, where it was asked for, and what it lacks
 */
export function requireSurvival(asked: readonly AskedSymbol[], config: FinalConfig, kconfig: Kconfig): void {
  const lost = lostSymbols(asked, config);
  if (lost.length === 0) return;
  const names = new Set(lost.map((symbol) => symbol.asked.name));
  // What lacks nothing but another lost symbol is a consequence: causes first.
  const explained = lost
    .map((symbol) => ({ symbol, reason: explainLoss(symbol, kconfig, config, asked) }))
    .map((entry) => ({ ...entry, follows: wordsOf(entry.reason).some((word) => names.has(word)) }))
    .sort((a, b) => Number(a.follows) - Number(b.follows));
  const lines = explained.map(({ symbol: { asked: symbol, value }, reason }) => {
    const line = configLine({ name: symbol.name, value });
    return symbol.forbidden
      ? `  ${line}, which ${place(symbol)} forbids: ${reason}`
      : `  ${configLine(symbol)} (${place(symbol)}) became ${line}: ${reason}`;
  });
  const first = explained[0];
  const { name, forbidden } = (first as (typeof explained)[number]).symbol.asked;
  throw new BuildError(
    `CONFIG_${name} ${forbidden ? 'is on, but forbidden' : 'was lost'}: ${first?.reason}` +
      (lost.length === 1 ? '' : ` (and ${lost.length - 1} more)`),
    {
      ...(first === undefined ? {} : { location: first.symbol.asked.location }),
      detail: lines.join('\n'),
      hint: forbidden
        ? 'take out or unset what switches it on, or take the forbid mark out'
        : 'ask for what is lacking in the same profile, or take the symbol out',
    },
  );
}

/** The symbols that select one, as the config is. */
function selectorsOf(name: string, kconfig: Kconfig, config: FinalConfig): string[] {
  const on = (kconfig.selects.get(name) ?? []).filter(
    ({ by, condition }) => (config.get(by) ?? 'n') !== 'n' && holds(condition, config),
  );
  return [...new Set(on.map(({ by }) => by))];
}

/** A selecting symbol with the way to what was asked for: `LOCKDEP < PROVE_LOCKING (sanitize.config:14)`. */
function origin(
  start: string,
  kconfig: Kconfig,
  config: FinalConfig,
  wishes: readonly AskedSymbol[],
): string {
  const asked = new Map(wishes.filter(({ value }) => value !== 'n').map((wish) => [wish.name, wish]));
  const seen = new Set([start]);
  // Breadth first: the shortest way is the one that explains.
  let ways = [[start]];
  while (ways.length > 0) {
    for (const way of ways) {
      const wish = asked.get(way.at(-1) as string);
      if (wish !== undefined) return `${way.join(' < ')} (${place(wish)})`;
    }
    ways = ways.flatMap((way) =>
      selectorsOf(way.at(-1) as string, kconfig, config)
        .filter((by) => !seen.has(by) && seen.add(by))
        .map((by) => [...way, by]),
    );
  }
  return start;
}

/** What of a list of conditions does not hold, in words. */
function unmet(conditions: readonly string[], config: FinalConfig): string[] {
  const parts = conditions.flatMap((text) => {
    const parsed = parseExpression(text);
    return parsed === undefined ? [] : conjuncts(parsed);
  });
  return [
    ...new Set(parts.filter((part) => evaluate(part, config) === 0).map((part) => describe(part, config))),
  ];
}

function describe(part: Expression, config: FinalConfig): string {
  if (part.kind === 'symbol') return `${part.name}, which is not set`;
  if (part.kind === 'not' && part.of.kind === 'symbol') return `${part.of.name} off, but it is set`;
  if (part.kind === 'compare' && part.left.kind === 'symbol') {
    return `${formatExpression(part)}, but it is ${config.get(part.left.name) ?? 'not set'}`;
  }
  return `${formatExpression(part)}, which does not hold`;
}

/** The member of the same choice that is set instead. */
function choiceRival(
  name: string,
  { choice }: KconfigDefinition,
  kconfig: Kconfig,
  config: FinalConfig,
): string | undefined {
  if (choice === undefined) return undefined;
  for (const [other, definitions] of kconfig.definitions) {
    const rivals = other !== name && definitions.some((definition) => definition.choice === choice);
    if (rivals && config.get(other) === 'y') return other;
  }
  return undefined;
}

function holds(condition: string | undefined, config: FinalConfig): boolean {
  const parsed = condition === undefined ? undefined : parseExpression(condition);
  return parsed === undefined || evaluate(parsed, config) > 0;
}

function sameNumber(a: string, b: string): boolean {
  return [a, b].every((text) => /^(?:-?\d+|0x[0-9a-fA-F]+)$/.test(text)) && Number(a) === Number(b);
}

function wordsOf(text: string): string[] {
  return text.match(/\w+/g) ?? [];
}
