/**
 * Kernel console to splats. Pure: bytes in, data out.
 *
 * Layers, each usable alone: lines, frames, rules, title, splats.
 */
export { type Frame, parseFrame, plainName } from './frames.ts';
export { type ConsoleLine, consoleBytes, parseLine } from './lines.ts';
export { isNoise } from './noise.ts';
export { type FrameFrom, isHang, type Rule, type SplatType } from './rule.ts';
export { RULES, ruleFor } from './rules.ts';
export { parseConsole, type Splat } from './splats.ts';
export { readStacks, type Stacks } from './stacks.ts';
