import t from 'tap';
import { parsePackageFileName, parsePrintUris } from './apt.ts';

const HASH = 'e849faf31ca35557'.repeat(4);

t.test('what apt-get download --print-uris says', async (t) => {
  const line = `'http://deb.example/pool/l/linux-source-6.12_6.12.117-1%7edeb12u1_all.deb' linux-source-6.12_6.12.117-1~deb12u1_all.deb 153476148 SHA256:${HASH}`;
  t.same(parsePrintUris(`${line}\n`), {
    package: 'linux-source-6.12',
    version: '6.12.117-1~deb12u1',
    fileName: 'linux-source-6.12_6.12.117-1~deb12u1_all.deb',
    bytes: 153476148,
    sha256: HASH,
  });
  t.equal(parsePrintUris(''), undefined);
  t.equal(parsePrintUris(line.replace(/SHA256:.*/, '')), undefined, 'without a hash it is not trusted');
  t.equal(parsePrintUris(line.replace('SHA256', 'MD5Sum')), undefined);
});

t.test('names of package files', async (t) => {
  t.same(parsePackageFileName('a_1%3a2.0-1_amd64.deb'), { package: 'a', version: '1:2.0-1' });
  for (const name of ['a.deb', 'a_1_all.deb.sha256', 'a_1_all.deb.tmp-1-2', 'partial']) {
    t.equal(parsePackageFileName(name), undefined, name);
  }
});
