/** KTAP and TAP: lines → nested results. Pure: text in, data out. */
export { type Directive, type DirectiveWord, type KtapLine, readKtapLine, withoutPrefix } from './lines.ts';
export { parseKtap } from './parse.ts';
export { flatten, type NamedResult, type Outcome, outcomeOf } from './summary.ts';
export { type KtapDocument, type KtapResult, MAX_DIAGNOSTICS } from './types.ts';
