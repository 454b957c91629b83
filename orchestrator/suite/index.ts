/** YAML → validated suite → cases. Pure: the text comes in, errors with a place go out. */

export type { KnownNames } from './checks.ts';
export { caseName, expand, knownNames } from './expand.ts';
export { globMatches, titleMatches } from './glob.ts';
export { REPEAT_MAX } from './matrix-schema.ts';
export { type Misbehaviour, type MisbehaviourRule, misbehaviourRuleSchema } from './misbehaviour.ts';
export { parseSuite } from './parse.ts';
export { suiteJsonSchema } from './schema.ts';
export { NAME_PATTERN } from './schema-words.ts';
export { expectationFor, selectCases } from './select.ts';
export * from './types.ts';
