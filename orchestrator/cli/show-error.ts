/** How an error is shown: what, where, the place in the file, what to do. */
import { relative } from 'node:path';
import { UnplugError } from '../base/index.ts';

const EXIT_INTERNAL = 75;

/** An error as the lines for standard error, without a stack unless it is our own mistake. */
export function errorText(error: unknown): string {
  if (!(error instanceof UnplugError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `unplug: internal error, please report it: ${stack}\n`;
  }
  const lines = [`unplug: ${place(error)}${error.message}`];
  if (error.detail) lines.push(...error.detail.split('\n').map((line) => `  ${line}`));
  if (error.hint) lines.push(`hint: ${error.hint}`);
  return `${lines.join('\n')}\n`;
}

/** The exit code that an error ends unplug with (README, exit codes). */
export function exitCodeOf(error: unknown): number {
  return error instanceof UnplugError ? error.exitCode : EXIT_INTERNAL;
}

function place(error: UnplugError): string {
  const { location } = error;
  if (location === undefined || error.message.includes(`:${location.line}:${location.column}`)) return '';
  const fromHere = relative(process.cwd(), location.file);
  const file = fromHere.startsWith('..') || fromHere === '' ? location.file : fromHere;
  return `${file}:${location.line}:${location.column}: `;
}
