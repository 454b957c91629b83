/** A TPM that a program of the guest plays (drivers/char/tpm/tpm_vtpm_proxy.c). */
import type { Adapter } from '../types.ts';
import { HELD } from './held-classes.ts';
import { softwareAdapter } from './software.ts';

/** The adapter. */
export const vtpm: Adapter = softwareAdapter({
  name: 'vtpm',
  held: HELD.tpm,
  description: 'TPM that a program plays, held by its node',
  symbols: ['TCG_VTPM_PROXY'],
  modules: ['tpm', 'tpm_vtpm_proxy'],
  plug: [
    'facts=$(/unplug/bin/vtpm)',
    'echo "$facts"',
    `node=\${facts##*node=}`,
    // The chip is registered by a worker, after it has asked the program for this and that.
    'until [ -c $node ]; do sleep 0.1; done',
    'echo device=$node',
  ],
  removals: {
    program_exit: (facts) => ({ by: 'program', pid: facts['pid'] ?? '', fd: facts['fd'] ?? '' }),
  },
  whyNot: { sysfs_remove: 'it has no bus that would remove it' },
});
