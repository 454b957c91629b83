import t from 'tap';
import { formatMeasured, formatNs, isCensored } from './measured.ts';

t.test('units and digits', async (t) => {
  for (const [ns, text] of [
    [0, '0 ns'],
    [850, '850 ns'],
    [1000, '1 µs'],
    [12_345, '12.3 µs'],
    [999_949, '1000 µs'],
    [20_600_000, '20.6 ms'],
    [123_456_789, '123 ms'],
    [1_500_000_000, '1.5 s'],
    [12_000_000_000, '12 s'],
    [75_000_000_000, '1 min 15 s'],
  ] as const) {
    t.equal(formatNs(ns), text);
  }
});

t.test('a censored wait is no number', async (t) => {
  t.equal(formatMeasured({ censoredAboveNs: 12e9 }), '> 12 s');
  t.equal(formatMeasured({ ns: 20_600_000 }), '20.6 ms');
  t.ok(isCensored({ censoredAboveNs: 0 }));
  t.notOk(isCensored({ ns: 0 }));
});
