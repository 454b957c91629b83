import t from 'tap';
import { adapters } from '../adapter/index.ts';
import { prepareCommand, setUpScript } from './set-up.ts';

t.test(
  'clones get clock, seed and hang detection; a suite that wants repeatability gets no seed',
  async (t) => {
    const seed = Buffer.from([1, 255]);
    t.equal(
      prepareCommand({ hungTaskSecs: 6, reseed: true }, 5, seed),
      '/unplug/bin/prepare --wall-clock-ns 5000000 --seed 01ff --hung-task-secs 6 --hung-task-check-secs 3',
    );
    t.notMatch(prepareCommand({ hungTaskSecs: 6, reseed: false }, 5, seed), /seed/);
  },
);

t.test('one script: prepare, plug, health, and it ends at the first that fails', async (t) => {
  const [adapter] = adapters;
  const lines = setUpScript('PREPARE', adapter).split('\n');
  t.equal(lines[0], 'set -e');
  t.ok(lines.indexOf('PREPARE') < lines.indexOf('echo unplug-plug'));
  t.ok(lines.indexOf('echo unplug-plug') < lines.indexOf('echo unplug-health'));
  t.equal(lines.at(-1), 'exec /unplug/bin/health');
  t.notMatch(setUpScript('PREPARE', undefined), /unplug-plug/);
});
