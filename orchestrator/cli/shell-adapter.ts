/**
 * Commands at the guest's prompt that act on the adapter outside: plug, unplug, line, misbehave. A command is a script
 * in the guest that says on the console what is wanted, and reads the answer from a pipe.
 */
import {
  type Adapter,
  type Behaviour,
  describeRemoval,
  type HostRemoval,
  type PlugFacts,
} from '../adapter/index.ts';
import { messageOf, UsageError } from '../base/index.ts';
import type { Emulated } from '../case/index.ts';
import { type GuestShell, runInGuest } from '../guest/index.ts';
import type { RunningMachine } from '../machine/index.ts';

/** What a prompt can do to an adapter. */
export interface AdapterHand {
  plug(): Promise<{ readonly facts: PlugFacts }>;
  /** The emulated device that is plugged at the moment. */
  readonly plugged: Emulated | undefined;
  unplug(how: HostRemoval): Promise<void>;
}

const MARK = 'unplug-host:';
const ANSWER_LIMIT_MS = 30_000;
const REMOVALS = ['device_del', 'usb_disconnect', 'surprise', 'socket_close'] as const;
const BEHAVIOURS: Readonly<Record<string, readonly Behaviour[]>> = {
  stall: [{ do: 'status', status: 'stall' }],
  silence: [{ do: 'silence' }],
  delay: [{ do: 'delay', delayMs: 500 }],
  short: [{ do: 'shorten', bytes: 1 }],
  long: [{ do: 'lengthen', bytes: 64 }],
  garbage: [{ do: 'garbage' }],
  disconnect: [{ do: 'disconnect', when: 'before' }],
  none: [],
};

const COMMANDS: Readonly<Record<string, string>> = {
  plug: 'plug: the adapter, again',
  unplug: `unplug [${REMOVALS.join('|')}]`,
  line: 'line NUMBER high|low|open: what drives it from outside; line: the levels of all',
  misbehave: `misbehave ${Object.keys(BEHAVIOURS).join('|')} [NUMBER]: with every request, or that one only`,
};

/** Lines that tell what there is, for the user. */
export function commandHelp(): readonly string[] {
  return Object.values(COMMANDS);
}

/**
 * Puts the commands into the guest and serves them until the machine ends.
 * @throws GuestError when they can't be put there
 */
export async function serveCommands(
  machine: RunningMachine,
  shell: GuestShell,
  hand: AdapterHand,
  signal: AbortSignal,
): Promise<void> {
  const script = [
    '#!/bin/sh',
    'busybox mkfifo /run/answer.$$',
    `echo "<6>${MARK} $$ \${0##*/} $*" >/dev/kmsg`,
    'cat /run/answer.$$',
    'busybox rm /run/answer.$$',
  ].join('\n');
  const names = Object.keys(COMMANDS);
  const install = [
    'set -e',
    `cat >/bin/${names[0]} <<'END'\n${script}\nEND`,
    `chmod +x /bin/${names[0]}`,
    ...names.slice(1).map((name) => `ln /bin/${names[0]} /bin/${name}`),
  ].join('\n');
  await runInGuest(shell, install, ANSWER_LIMIT_MS, signal);
  machine.console.onLine((line) => {
    const [, pid, command = '', rest = ''] = new RegExp(`${MARK} (\\d+) (\\w+) ?(.*)$`).exec(line) ?? [];
    if (pid === undefined) return;
    void answerTo(hand, command, rest.trim().split(/\s+/).filter(Boolean))
      .catch((error: unknown) => messageOf(error))
      .then((text) => {
        const quoted = `'${text.replaceAll("'", "'\\''")}'`;
        return runInGuest(shell, `echo ${quoted} >/run/answer.${pid}`, ANSWER_LIMIT_MS, signal);
      })
      .catch(() => undefined);
  });
}

/** Does what a command says. @throws UsageError for one that makes no sense; errors of QEMU and of the guest */
export async function answerTo(hand: AdapterHand, command: string, args: readonly string[]): Promise<string> {
  const wrong = (): UsageError => new UsageError(`usage: ${COMMANDS[command] ?? commandHelp().join('; ')}`);
  switch (command) {
    case 'plug': {
      const { facts } = await hand.plug();
      return `plugged: ${facts.device}`;
    }
    case 'unplug': {
      const how = args[0] ?? 'device_del';
      const known = REMOVALS.find((name) => name === how);
      if (known === undefined) throw wrong();
      await hand.unplug(known);
      return `asked: ${known}`;
    }
    case 'line':
      return line(hand.plugged, args, wrong);
    case 'misbehave': {
      const behaviours = BEHAVIOURS[args[0] ?? ''];
      const at = args[1] === undefined ? undefined : Number(args[1]);
      if (behaviours === undefined || (at !== undefined && !Number.isInteger(at))) throw wrong();
      const plugged = required(hand.plugged);
      plugged.script.arm(behaviours.map((behaviour) => ({ behaviour, ...(at === undefined ? {} : { at }) })));
      return `${args[0]}: in force`;
    }
    default:
      throw wrong();
  }
}

function line(plugged: Emulated | undefined, args: readonly string[], wrong: () => Error): string {
  const { lines } = required(plugged).device;
  if (lines === undefined) throw new UsageError('the adapter has no lines');
  if (args.length === 0) {
    return Array.from({ length: lines.count }, (_, at) => {
      const direction = lines.isOutput(at) ? 'output' : 'input';
      return `${at} ${direction} ${lines.level(at) === 1 ? 'high' : 'low'}`;
    }).join('\n');
  }
  const number = Number(args[0]);
  const outside = ({ high: 1, low: 0, open: 'open' } as const)[args[1] ?? ''];
  if (!Number.isInteger(number) || outside === undefined) throw wrong();
  lines.drive(number, outside);
  return `line ${number} is ${lines.level(number) === 1 ? 'high' : 'low'}`;
}

function required(plugged: Emulated | undefined): Emulated {
  if (plugged === undefined)
    throw new UsageError('nothing is plugged that has lines or can misbehave: plug an emulated adapter');
  return plugged;
}

/** What can be done to a plugged adapter from within the guest, for the user. */
export function removalHelp(adapter: Adapter, facts: PlugFacts): readonly string[] {
  return Object.entries(adapter.removals).map(
    ([removal, actionFor]) => `${removal}: ${describeRemoval(actionFor(facts))}`,
  );
}
