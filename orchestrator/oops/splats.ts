/** A whole console to its splats. */
import type { Splat } from './splat.ts';
import { SplatStream } from './stream.ts';

/**
 * Every kernel report on a console, in the order of the lines that say what happened. Linear in the console's length;
 * any bytes are taken, and nothing throws. {@link SplatStream} reads one that is still being written.
 *
 * @example
 * for (const splat of parseConsole(await readFile('console.log'))) console.log(splat.title);
 */
export function parseConsole(text: string | Uint8Array): readonly Splat[] {
  const stream = new SplatStream();
  const complete = stream.push(typeof text === 'string' ? Buffer.from(text, 'utf8') : text);
  return [...complete, ...stream.end()].sort((a, b) => a.openedLine - b.openedLine);
}
