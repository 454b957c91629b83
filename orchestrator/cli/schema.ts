/** `unplug schema`: what a suite file may be, for editors. */
import { suiteJsonSchema } from '../suite/index.ts';

/** Prints the JSON Schema. Names of adapters and variants are not in it: they are checked when a suite is read. */
export function schema(): number {
  process.stdout.write(`${JSON.stringify(suiteJsonSchema(), null, 2)}\n`);
  return 0;
}
