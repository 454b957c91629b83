import { join } from 'node:path';
import t from 'tap';
import { repositoryRoot } from '../base/index.ts';
import { type ParseOptions, parse } from './parse.ts';

const DATA = join(repositoryRoot, 'orchestrator/oops/testdata');

t.test('what is printed, and the exit code', async (t) => {
  const run = async (file: string | undefined, options: ParseOptions): Promise<[number, string]> => {
    const written = t.capture(process.stdout, 'write', () => true);
    try {
      const code = await parse(file === undefined ? file : join(DATA, file), options);
      return [
        code,
        written()
          .map(({ args }) => String(args[0]))
          .join(''),
      ];
    } finally {
      written.restore();
    }
  };
  t.same(await run('quiet.log', { title: true }), [0, '']);
  const titles = [
    'WARNING: ODEBUG bug in cp2112_remove',
    'WARNING: refcount bug in gpio_device_put',
    'WARNING in gpiochip_remove',
  ];
  t.same(await run('warn-odebug-refcount.log', { title: true }), [1, `${titles.join('\n')}\n`]);
  const [, table] = await run('warn-odebug-refcount.log', {});
  t.match(
    table,
    /^lines +time +by +type +title\n1-20 +7\.100000 +T80 +odebug +WARNING: ODEBUG bug in cp2112_remove\n/,
  );
  const [, json] = await run('warn-odebug-refcount.log', { json: true });
  t.same(
    (JSON.parse(json) as { splats: { title: string }[] }).splats.map(({ title }) => title),
    titles,
  );
  const [, report] = await run('warn-odebug-refcount.log', { report: true });
  t.match(report, /^-+\[ cut here \]-+\nODEBUG: /);
  await t.rejects(run('nosuch.log', {}), { code: 'USAGE' });
  await t.rejects(parse(undefined, {}), { code: 'USAGE' });
  await t.rejects(parse('x', { score: 'y' }), { code: 'USAGE' });
});
