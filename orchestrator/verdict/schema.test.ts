import t from 'tap';
import { guestLineToEvent, workloadEventSchema } from './schema.ts';

t.test('lines of guest programs', async (t) => {
  const good = guestLineToEvent(
    '{"t":5,"ev":"held","tid":7,"state":"S","wchan":"x","syscall":0}',
    'hold',
    1.5,
  );
  t.match(good, { ev: 'held', source: 'hold', hostMs: 1.5, tid: 7, syscall: 0 });
  for (const text of [
    '',
    'null',
    '[]',
    '7',
    '{}',
    '{"ev":"held"}',
    '{"ev":"odd","t":1}',
    '{"ev":"garbage","text":"x"}',
    'x'.repeat(5000),
  ]) {
    const event = guestLineToEvent(text, 'remove', 2);
    t.match(event, { ev: 'garbage', source: 'remove', text: text.slice(0, 1000) });
    t.ok(workloadEventSchema.safeParse(event).success);
  }
  // A guest can't speak for another program.
  t.equal(guestLineToEvent('{"t":5,"ev":"end","code":0,"source":"health"}', 'hold', 1).source, 'hold');
});
