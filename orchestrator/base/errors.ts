/**
 * Errors of unplug itself. A kernel's misbehaviour is never one of these: it is data (a splat, a verdict).
 */

/** Where in a text file something is wrong; lines and columns count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Optional parts of every error. */
export interface ErrorDetails {
  readonly cause?: unknown;
  readonly location?: SourceLocation;
  /** What the user can do about it, one sentence. */
  readonly hint?: string;
  /** Further text shown below the message, e.g. a caret excerpt or the last console lines. */
  readonly detail?: string;
}

/** Base of all errors that unplug raises on purpose. `code` is stable and may be matched by scripts. */
export abstract class UnplugError extends Error {
  abstract readonly code: string;
  /** Process exit code that the CLI ends with when this error is what stopped it. */
  abstract readonly exitCode: number;
  readonly location?: SourceLocation;
  readonly hint?: string;
  readonly detail?: string;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    if (details.location !== undefined) this.location = details.location;
    if (details.hint !== undefined) this.hint = details.hint;
    if (details.detail !== undefined) this.detail = details.detail;
  }
}

/** The command line asks for something that does not exist or makes no sense. */
export class UsageError extends UnplugError {
  readonly code = 'USAGE';
  readonly exitCode = 64;
}

/** A suite, variants file or kernel-config fragment is wrong; carries file:line:column. */
export class ConfigError extends UnplugError {
  readonly code = 'CONFIG';
  readonly exitCode = 64;
}

/** A kernel, module or workload could not be built. */
export class BuildError extends UnplugError {
  readonly code = 'BUILD';
  readonly exitCode = 75;
}

/** How a boot failed; each is told apart because each asks for another remedy. */
export type BootFailure = 'no-console' | 'panic' | 'no-ready' | 'no-ssh' | 'qemu-ended' | 'qemu-start';

/** A machine did not come up. */
export class BootError extends UnplugError {
  readonly code = 'BOOT';
  readonly exitCode = 75;
  readonly failure: BootFailure;

  constructor(failure: BootFailure, message: string, details: ErrorDetails = {}) {
    super(message, details);
    this.failure = failure;
  }
}

/** A booted guest did something that unplug's own programs in it must not do (set-up failed, bad protocol). */
export class GuestError extends UnplugError {
  readonly code = 'GUEST';
  readonly exitCode = 75;
}

/** The host lacks something: disk, package source, tool, memory. */
export class InfraError extends UnplugError {
  readonly code = 'INFRA';
  readonly exitCode = 75;
}

/** The user asked to stop (Ctrl-C, TERM). */
export class Interrupted extends UnplugError {
  readonly code = 'INTERRUPTED';
  readonly exitCode = 130;
}

/** Throws what `signal` was aborted with, if it was: the first cause wins. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortCause(signal);
}

/** The error that an aborted signal stands for: its reason when that is an Error, else {@link Interrupted}. */
export function abortCause(signal: AbortSignal): Error {
  return signal.reason instanceof UnplugError
    ? signal.reason
    : new Interrupted('interrupted', { cause: signal.reason });
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
