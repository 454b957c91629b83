/** Reads what a plug script printed. */
import { GuestError } from '../base/index.ts';
import type { PlugFacts } from './types.ts';

/**
 * The `name=value` lines of a plug script.
 * @throws GuestError when the node to hold is not named
 */
export function parsePlugFacts(adapter: string, output: string): PlugFacts {
  const facts: Record<string, string> = {};
  for (const line of output.split('\n')) {
    const match = /^([a-z][a-z0-9_]*)=(.+)$/.exec(line);
    if (match !== null) facts[match[1] as string] = match[2] as string;
  }
  const { device } = facts;
  if (device === undefined) {
    throw new GuestError(`the plug script of ${adapter} named no device`, { detail: output });
  }
  return { ...facts, device };
}
