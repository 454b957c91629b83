import t from 'tap';
import { adapters } from '../adapter/index.ts';
import { prepareCommand, setUpScript } from './set-up.ts';

t.test(
  'clones get clock, seed and hang detection; a suite that wants repeatability gets no seed',
  async (t) => {
    const seed = Buffer.from([1, 255]);
    t.equal(
      prepareCommand({ hungTaskSecs: 6, reseed: true }, 5, seed).join(' '),
      '/unplug/bin/prepare --wall-clock-ns 5000000 --seed 01ff --hung-task-secs 6 --hung-task-check-secs 3',
    );
    t.notMatch(prepareCommand({ hungTaskSecs: 6, reseed: false }, 5, seed).join(' '), /seed/);
  },
);

t.test(
  'one script: plug, then health where it is not known; it ends at the first step that fails',
  async (t) => {
    const [adapter] = adapters;
    const [shell, option, script] = setUpScript(adapter, true);
    t.same([shell, option], ['/bin/sh', '-c']);
    const lines = script?.split('\n') ?? [];
    t.same(lines.slice(0, 2), ['set -e', 'echo unplug-plug']);
    t.same(lines.slice(-2), ['echo unplug-health', '/unplug/bin/health']);
    t.notMatch(setUpScript(adapter, false).join(' '), /health/);
    t.same(setUpScript(undefined, false), [], 'nothing to do needs no shell');
  },
);
