/** The command line. Sub-commands are loaded when they are called, so that `--help` is quick. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { Accelerator } from '../machine/index.ts';
import { interruptSignal } from './interrupt.ts';

const EXIT_USAGE = 64;

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function acceleratorName(text: string): Accelerator {
  if (text !== 'kvm' && text !== 'tcg') throw new InvalidArgumentError('expected kvm or tcg');
  return text;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('expected a whole number of at least 1');
  return value;
}

/** Options that say which kernels. */
function variantOptions(command: Command): Command {
  return command
    .option('--variant <name>', 'kernel variant; may be repeated (default: the suite’s own)', collect, [])
    .option('--tree <dir>', 'the kernel tree in this folder, as it is on disk')
    .option('--source <source>', 'another source: debian:PACKAGE[@SUITE], git:DIR#REF, dir:DIR, tar:FILE')
    .option(
      '--series <series>',
      'compare the tree with this series on it: file, folder, git:DIR#A..B, lore:MESSAGE-ID, revert:SERIES; ' +
        'A,B puts B on A; may be repeated',
      collect,
      [],
    )
    .option('--each-patch', 'one variant a patch of the series')
    .option('--profile <name>', 'profile of these variants (default: that of baseline)')
    .option('--kernel-configs <dir>', 'folder with variants.yaml and fragments/ instead of the repository’s')
    .option('--accel <name>', 'kvm or tcg (default: kvm where guest code runs on it)', acceleratorName);
}

function program(finish: (exitCode: number) => void): Command {
  const unplug = new Command('unplug')
    .description(
      'kernel integration tests for device-lifetime bugs: take devices away while programs hold them',
    )
    .version('0.1.0')
    .exitOverride()
    .showSuggestionAfterError();
  variantOptions(unplug.command('run'))
    .description('build what is missing, boot, run a suite, report')
    .argument('[suite]', 'file, or name of a suite in suites/', 'quick')
    .option(
      '--case <glob>',
      'only cases that match (* within a part, ** across); may be repeated',
      collect,
      [],
    )
    .option(
      '-j, --jobs <n>',
      'guests that keep a CPU busy at a time; those that only wait do not count (default: number of CPUs)',
      positiveInteger,
    )
    .option('--repeat <n>', 'how often each case is run (default: as its matrix says)', positiveInteger)
    .option('--no-clone', 'boot for every case: tells an artefact of cloning from a bug')
    .option('--tap', 'TAP 14 on standard output (default when it is no terminal)')
    .option('--json', 'one JSON document on standard output')
    .option('--dry-run', 'print what would be built and run')
    .option('--results <dir>', 'where the run’s folder goes (default: results/)')
    .action(async (suite, options) => {
      const { run } = await import('./run.ts');
      finish(await run(suite, options, interruptSignal()));
    });
  variantOptions(unplug.command('shell'))
    .description('a prompt in a clone of the booted kernel; without a terminal, a script on standard input')
    .option('--adapter <name>', 'plug this adapter first, and say how it is taken away')
    .option('--console', "the kernel's messages on standard error as they come")
    .option(
      '--trace <dir>',
      'record the bus of an emulated USB adapter: usb.txt, and usb.pcapng for Wireshark',
    )
    .action(async (options) => {
      const { shell } = await import('./shell.ts');
      finish(await shell(options, interruptSignal()));
    });
  unplug
    .command('list')
    .description('suites, variants and adapters; with a suite, its cases')
    .argument('[suite]')
    .option('--suite <suite>', 'the same')
    .option('--case <glob>', 'only cases that match; may be repeated', collect, [])
    .action(async (suite, options) => {
      const { list } = await import('./list.ts');
      finish(await list(options.suite ?? suite, options.case));
    });
  unplug
    .command('schema')
    .description('the JSON Schema of suite files, for editors')
    .action(async () => {
      const { schema } = await import('./schema.ts');
      finish(schema());
    });
  unplug
    .command('replay')
    .description('compute the verdicts of a run again from what is on disk')
    .argument('<run>', 'run id, the beginning of one, a folder, or latest')
    .option('--json', 'verdicts as JSON')
    .option('--results <dir>', 'where runs are kept (default: results/)')
    .action(async (wanted, options) => {
      const { replay } = await import('./replay.ts');
      finish(await replay(wanted, options));
    });
  unplug
    .command('explain')
    .description('why a case has its verdict: timeline, what was broken, who waits for whom, what a pass is')
    .argument('<run>', 'run id, the beginning of one, a folder, or latest')
    .argument('[case]', 'name of a case, or a glob (default: all that were not as expected)')
    .option('--variant <name>', 'on this variant only')
    .option('--results <dir>', 'where runs are kept (default: results/)')
    .action(async (wanted, named, options) => {
      const { explain } = await import('./explain.ts');
      finish(await explain(wanted, named, options));
    });
  unplug
    .command('parse')
    .description(
      'the kernel reports in a console log, dmesg, journal or pstore text; exit code 1 when there are any',
    )
    .argument('[file]', 'file, or - for standard input')
    .option('--json', 'one JSON document: all that is known of each')
    .option('--title', 'titles only, one a line')
    .option('--report', 'the reports’ own lines, without prefixes and other callers’ lines')
    .option(
      '--kernel <key>',
      'the reports with the places of their frames in the source, from a kernel of the cache',
    )
    .option('--vmlinux <file>', 'the same, from a vmlinux and the modules below its folder')
    .option('--score <dir>', 'measure the parser against a folder of logs with expected titles')
    .option('--update-corpus <dir>', 'write the expected titles of such a folder anew and show what changed')
    .option('--misses', 'with --score: the titles that differ')
    .action(async (file, options) => {
      const { parse } = await import('./parse.ts');
      finish(await parse(file, options));
    });
  const cache = unplug.command('cache').description('kernels, sources and build folders that are kept');
  cache
    .command('ls', { isDefault: true })
    .description('what there is, how large, what it is for')
    .action(async () => {
      const { cacheLs } = await import('./cache.ts');
      finish(await cacheLs(interruptSignal()));
    });
  cache
    .command('prune')
    .description('remove by age or size; waits until no run uses the cache')
    .option('--older-than <age>', 'what was not used for so long: 14d, 12h')
    .option('--max-size <size>', 'the longest unused, until the rest is smaller: 20G')
    .option('--all', 'everything')
    .option('--dry-run', 'print what would be removed')
    .action(async (options) => {
      const { cachePrune } = await import('./cache.ts');
      finish(await cachePrune(options, interruptSignal()));
    });
  cache
    .command('verify')
    .description('check every kernel against its checksums')
    .action(async () => {
      const { cacheVerify } = await import('./cache.ts');
      finish(await cacheVerify(interruptSignal()));
    });
  unplug
    .command('doctor')
    .description('tools, versions, what needs them, how to get them')
    .action(async () => {
      const { doctor } = await import('./doctor.ts');
      finish(await doctor());
    });
  return unplug;
}

async function main(): Promise<void> {
  try {
    await program((exitCode) => {
      process.exitCode = exitCode;
    }).parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version are no errors; commander has already written the message of the others.
      process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
      return;
    }
    const { errorText, exitCodeOf } = await import('./show-error.ts');
    process.stderr.write(errorText(error));
    process.exitCode = exitCodeOf(error);
  }
}

// A closed pipe (`unplug list | head`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  throw error;
});

await main();
