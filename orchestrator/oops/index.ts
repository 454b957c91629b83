/**
 * Kernel console to splats. Pure: bytes in, data out, but for score.ts, which reads a folder of logs.
 *
 * Layers, each usable alone: stream, lines, rules, reader, report, stacks, frames, title.
 */
export { expectationDiff, withExpectations } from './corpus.ts';
export { dedupKey } from './dedup.ts';
export { type Frame, parseFrame, plainName } from './frames.ts';
export { heldLocks as listedLocks } from './held-locks.ts';
export type { Lifecycle } from './lifecycle.ts';
export { type ConsoleLine, parseLine } from './lines.ts';
export { isNoise } from './noise.ts';
export { type Phase, phaseOf } from './phases.ts';
export { type FrameFrom, isHang, type Rule, type SplatType } from './rule.ts';
export { RULES, ruleFor } from './rules.ts';
export { scoreFolder, scoreText } from './score.ts';
export {
  addressOf,
  type CodePlace,
  codePlaceIn,
  parseAnswer,
  parseSymbols,
  type SourceFrame,
  sourceRoot,
  withPlaces,
} from './source-places.ts';
export type { Splat } from './splat.ts';
export { parseConsole } from './splats.ts';
export { readStacks, type Stacks } from './stacks.ts';
export { SplatStream } from './stream.ts';
export { SUPPRESSIONS, type Suppression, suppressionOf } from './suppressions.ts';
