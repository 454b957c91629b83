import t from 'tap';
import { limitName, timeFactor, timeLimits } from './limits.ts';

t.test('the factor follows the accelerator, the measured boot and the load, within bounds', async (t) => {
  t.equal(timeFactor({ accelerator: 'tcg' }), 1);
  t.equal(timeFactor({ accelerator: 'kvm' }), 0.5);
  t.equal(
    timeFactor({ accelerator: 'tcg', bootMs: 6000, loadPerCpu: 1 }),
    1,
    'a quick boot shortens nothing',
  );
  t.equal(timeFactor({ accelerator: 'tcg', bootMs: 36_000 }), 3);
  t.equal(timeFactor({ accelerator: 'tcg', bootMs: 36_000, loadPerCpu: 10 }), 5);
  t.equal(timeFactor({ accelerator: 'tcg', bootMs: 1e9 }), 20);
});

t.test('every bound scales, and a message names bound, value and factor', async (t) => {
  const [one, three] = [timeLimits(1), timeLimits(3)];
  for (const [name, ms] of Object.entries(one)) {
    if (name !== 'factor')
      t.equal((three as unknown as Record<string, number>)[name], 3 * (ms as number), name);
  }
  t.equal(limitName(one, 'plugMs'), 'plugMs, 60 s');
  t.equal(limitName(three, 'plugMs'), 'plugMs, 180 s (60 s x 3)');
});
