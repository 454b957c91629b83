import fc from 'fast-check';
import t from 'tap';
import { decodeWords, parseMail } from './mail.ts';
import { isMbox, mailToMboxrd, splitMbox } from './mbox.ts';
import { parseSubject } from './subject.ts';

const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

t.test('headers', async (t) => {
  const { headers, lines, lineNumbers } = parseMail(
    [
      'Subject: one',
      '\ttwo\r',
      'From: =?UTF-8?q?Zo=C3=AB?=',
      '  =?utf-8?B?IEw=?= <z@x>',
      'Subject: again',
      '',
      'body',
    ],
    10,
  );
  t.equal(headers.get('subject'), 'one two');
  t.equal(headers.get('from'), 'Zoë L <z@x>');
  t.same(lines, ['body']);
  t.same(lineNumbers, [16]);
  t.equal(decodeWords('=?x-unknown?q?a?='), '=?x-unknown?q?a?=');
  t.equal(decodeWords(latin1('Zoë')), 'Zoë');
});

t.test('quoted-printable: lines and where they began', async (t) => {
  const mail = parseMail(
    ['Content-Transfer-Encoding: quoted-printable', '', 'a=3Db', 'lon=', 'g  ', '=E2=82=AC', '+x =', ''],
    1,
  );
  t.same(mail.lines, ['a=b', 'long', latin1('€'), '+x ']);
  t.same(mail.lineNumbers, [3, 4, 6, 7]);
});

t.test('base64', async (t) => {
  const encoded = Buffer.from('diff --git a/x b/x\n+é\n').toString('base64');
  const mail = parseMail(['Content-Transfer-Encoding: Base64', '', encoded.slice(0, 8), encoded.slice(8)], 1);
  t.same(mail.lines, ['diff --git a/x b/x', latin1('+é'), '']);
});

t.test('parts: text is taken, only HTML is said', async (t) => {
  const part = (type: string, body: string): string[] => ['--=_b', `Content-Type: ${type}`, '', body];
  const multi = (...parts: string[][]): ReturnType<typeof parseMail> =>
    parseMail(
      ['Content-Type: multipart/alternative;', ' boundary="=_b"', '', 'preamble', ...parts.flat(), '--=_b--'],
      1,
    );
  const both = multi(part('text/plain', 'plain'), part('text/html', '<p>'));
  t.same(both.lines, ['plain', '<p>']);
  t.same(both.lineNumbers, [8, 12]);
  t.equal(both.htmlOnly, false);
  t.equal(multi(part('text/html; charset=utf-8', '<p>')).htmlOnly, true);
  t.equal(parseMail(['Content-Type: text/html', '', '<p>'], 1).htmlOnly, true);
  t.equal(parseMail(['Subject: x', '', '<p>'], 1).htmlOnly, false);
});

t.test('an mbox is split at separators only', async (t) => {
  const text = [
    'From 0123456789abcdef Mon Sep 17 00:00:00 2001',
    'Subject: a',
    '',
    'From here on it is 12:00 o clock',
    '>From me',
    '',
    'From mboxrd@z Thu Jan  1 00:00:00 1970',
    'Subject: b',
    '',
    '>From me',
    '>>From you',
    '',
  ].join('\n');
  t.ok(isMbox(text));
  t.notOk(isMbox('From: me'));
  t.notOk(isMbox('From here on'));
  t.same(splitMbox(text), [
    { lines: ['Subject: a', '', 'From here on it is 12:00 o clock', '>From me'], line: 2 },
    { lines: ['Subject: b', '', 'From me', '>From you'], line: 8 },
  ]);
});

t.test('one mail in mboxrd is one mail again, whatever is in it', async () => {
  const line = fc.oneof(
    fc.constantFrom('From a Thu Jan  1 00:00:00 1970', '>From b', '', ' x', 'From c'),
    fc.string().map((text) => text.replace(/\n/g, '')),
  );
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), (lines) => {
      const bytes = lines.map((one) => Buffer.from(one).toString('latin1'));
      const mails = splitMbox(mailToMboxrd(bytes).toString('latin1'), true);
      return mails.length === 1 && JSON.stringify(mails[0]?.lines) === JSON.stringify(bytes);
    }),
  );
});

t.test('subjects', async (t) => {
  const cases: readonly [
    subject: string,
    title: string,
    number: readonly number[] | undefined,
    isReply?: boolean,
  ][] = [
    ['[PATCH] a: b', 'a: b', undefined],
    ['[PATCH v11 3/5] a: b', 'a: b', [3, 5, 11]],
    ['[PATCH v11-on-7.2 3/4] a: b', 'a: b', [3, 4, 11]],
    ['[PATCH gpiolib-v1-on-7.2 01/12] a', 'a', [1, 12, 1]],
    ['[RFC PATCH net-next V2 0/7] [x] a', 'a', [0, 7, 2]],
    ['[RESEND][PATCH v4 2/2] a', 'a', [2, 2, 4]],
    ['[net-next,v3,1/2] a', 'a', [1, 2, 3]],
    ['[PATCH 6.12 1/3] a', 'a', [1, 3, 1]],
    ['[PATCH v6.12 1/3] a', 'a', [1, 3, 1]],
    ['Re: [PATCH v2 1/2] a', 'a', [1, 2, 2], true],
    ['AW: Re: [PATCH] a', 'a', undefined, true],
    ['a: fix 1/2 of it', 'a: fix 1/2 of it', undefined],
    ['[]', '[]', undefined],
  ];
  for (const [subject, title, number, isReply = false] of cases) {
    const parsed = parseSubject(subject);
    t.equal(parsed.title, title, subject);
    t.same(parsed.number && [parsed.number.n, parsed.number.of, parsed.number.version], number, subject);
    t.equal(parsed.isReply, isReply, subject);
  }
});
