/** YAML → validated suite → cases. Pure: the text comes in, errors with a place go out. */
export { caseName, expand, knownNames } from './expand.ts';
export { globMatches, titleMatches } from './glob.ts';
export { type Misbehaviour, type MisbehaviourRule, misbehaviourRuleSchema } from './misbehaviour.ts';
export { type KnownNames, parseSuite } from './parse.ts';
export { NAME_PATTERN } from './schema.ts';
export { expectationFor, selectCases } from './select.ts';
export * from './types.ts';
