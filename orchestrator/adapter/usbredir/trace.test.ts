import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { monotonicMs } from '../../base/index.ts';
import { BehaviourScript } from '../usb/behaviour.ts';
import { UsbRedirConnection } from './connection.ts';
import { TestDevice } from './testdata/device.ts';
import { bulkBody, interruptBody, streamPair, TestPeer } from './testdata/peer.ts';
import { Trace } from './trace.ts';
import { textLine } from './trace-text.ts';
import { UsbmonEvents } from './usbmon.ts';

const TSHARK = '/usr/bin/tshark';
/** 2026-01-02 03:04:05.678 UTC. */
const WALL_MS = 1_767_323_045_678;

/** A conversation with a transfer of every kind, traced into files. */
async function record(folder: string): Promise<{ readonly textFile: string; readonly pcapngFile: string }> {
  const files = { textFile: join(folder, 'trace.txt'), pcapngFile: join(folder, 'trace.pcapng') };
  const trace = Trace.toFiles({ monotonicMs: monotonicMs(), wallMs: WALL_MS }, files);
  const [ours, theirs] = streamPair();
  const device = new TestDevice();
  const connection = UsbRedirConnection.start(ours, device, { script: new BehaviourScript(), trace });
  const peer = new TestPeer(theirs);
  peer.hello();
  await connection.ready;
  await peer.control(0x1000n, [0x80, 6, 0x0100, 0], 18);
  await peer.control(0x1010n, [0x80, 6, 0x0200, 0], 255);
  peer.send(6, 0x1020n, Buffer.of(1));
  peer.send(7, 0x1030n);
  await peer.control(0x1040n, [0x40, 1, 2, 3], Buffer.from('c0ffee', 'hex'));
  await peer.control(0x1050n, [0xc0, 9, 0, 0], 4);
  peer.send(101, 0x2000n, bulkBody(1, Buffer.from('bulk data')));
  await peer.answer(0x2000n);
  peer.send(101, 0x2010n, bulkBody(0x81, 4));
  peer.send(21, 0x2010n);
  await peer.answer(0x2010n);
  peer.send(103, 0x3000n, interruptBody(2, Buffer.from('out')));
  await peer.answer(0x3000n);
  peer.send(15, 0n, Buffer.of(0x82));
  device.port?.send(0x82, Buffer.from('in'));
  await peer.until(() => peer.of(103).length === 2);
  peer.send(101, 0x4000n, bulkBody(1, Buffer.alloc(100_000, 0x55)));
  await peer.answer(0x4000n);
  peer.send(77, 1n, Buffer.of(1));
  await peer.control(0x1060n, [0xc0, 1, 0, 0], 4);
  connection.close();
  trace.close();
  trace.note('too late');
  trace.close();
  return files;
}

t.test('text', async (t) => {
  const { textFile } = await record(t.testdir());
  const lines = readFileSync(textFile, 'utf8').trimEnd().split('\n');
  for (const line of lines) t.match(line, /^ *\d+\.\d{3} (<-|->|!!) \S/);
  const found = (pattern: RegExp): boolean => lines.some((line) => pattern.test(line));
  t.ok(found(/-> hello id=0 version=unplug/));
  t.ok(found(/<- hello id=0 version=qemu usb-redir guest 7.2 capabilities=255/));
  t.ok(found(/-> interface_info id=0 interfaces=2/));
  t.ok(
    found(
      /<- control_packet id=4096 ep=0x80 request=0x06 requestType=0x80 value=0x100 index=0x00 length=18$/,
    ),
  );
  t.ok(
    found(
      /-> control_packet id=4096 ep=0x80 .* status=success length=18 data=12010002000000400912cdab23010102…/,
    ),
  );
  t.ok(found(/-> control_packet id=4176 .* status=stall length=0$/));
  t.ok(found(/<- bulk_packet id=8192 ep=0x01 length=9 streamId=0 data=62756c6b2064617461$/));
  t.ok(found(/-> bulk_packet id=8208 ep=0x81 .*status=cancelled/));
  t.ok(found(/!! from the peer: a packet of unknown type 77/));
  t.match(lines.at(-1), /!! ended: closed/);
});

t.test('a name from the peer makes no lines of its own', async (t) => {
  const line = textLine(
    {
      atMs: 1,
      direction: 'from-guest',
      packet: { kind: 'packet', id: 0n, type: 'hello', version: 'a\nb\u001b[2J', capabilities: 0 },
    },
    { monotonicMs: 0, wallMs: 0 },
  );
  t.match(line, /version=a\?b\?\[2J/);
});

t.test('usbmon frames', async (t) => {
  const events = new UsbmonEvents();
  const [submit, complete] = [
    events.of(
      {
        kind: 'packet',
        id: 7n,
        type: 'control_packet',
        endpoint: 0x80,
        request: 6,
        requestType: 0x80,
        value: 0x0100,
        index: 0,
        length: 18,
        data: new Uint8Array(0),
      },
      'from-guest',
      1_500_000_001_000n,
    )[0]?.captured,
    events.of(
      {
        id: 7n,
        type: 'control_packet',
        endpoint: 0x80,
        request: 6,
        requestType: 0x80,
        value: 0x0100,
        index: 0,
        status: 'stall',
        length: 0,
        data: new Uint8Array(0),
      },
      'to-guest',
      1_500_000_001_000n,
    )[0]?.captured,
  ].map((frame) => Buffer.from(frame ?? []));
  t.equal(submit?.length, 64);
  t.equal(submit?.subarray(0, 16).toString('hex'), `0700000000000000${'53028001'}${'0100003c'}`);
  t.equal(submit?.readBigInt64LE(16), 1500n);
  t.equal(submit?.readInt32LE(24), 1);
  t.equal(submit?.readInt32LE(28), -115);
  t.equal(submit?.readUInt32LE(32), 18);
  t.equal(submit?.subarray(40, 48).toString('hex'), '8006000100001200');
  t.equal(complete?.toString('latin1', 8, 9), 'C');
  t.equal(complete?.readInt32LE(28), -32);
  t.equal(complete?.toString('latin1', 14, 15), '-');
  const errnos = (['success', 'cancelled', 'timeout', 'babble', 'ioerror', 'inval'] as const).map(
    (status) => {
      const packet = { id: 1n, type: 'bulk_packet', endpoint: 1, status, length: 0, streamId: 0 } as const;
      const [frame] = events.of({ ...packet, data: new Uint8Array(0) }, 'to-guest', 0n);
      return Buffer.from(frame?.captured ?? []).readInt32LE(28);
    },
  );
  t.same(errnos, [0, -2, -110, -75, -71, -71]);
});

t.test(
  'what can not be written is told at the end',
  { skip: existsSync('/dev/full') ? false : 'no /dev/full' },
  async (t) => {
    const trace = Trace.toFiles({ monotonicMs: 0, wallMs: 0 }, { textFile: '/dev/full' });
    trace.note('lost');
    t.throws(() => trace.close(), { code: 'INFRA', message: /\/dev\/full/ });
    t.throws(
      () => Trace.toFiles({ monotonicMs: 0, wallMs: 0 }, { pcapngFile: join(t.testdir(), 'no', 'folder') }),
      {
        code: 'ENOENT',
      },
    );
  },
);

t.test(
  'wireshark reads the packets as USB',
  { skip: existsSync(TSHARK) ? false : `${TSHARK} is not installed` },
  async (t) => {
    const { pcapngFile } = await record(t.testdir());
    const fields = (...names: string[]): string[][] =>
      execFileSync(TSHARK, ['-r', pcapngFile, '-T', 'fields', ...names.flatMap((name) => ['-e', name])], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t'));
    const frames = fields(
      'usb.urb_type',
      'usb.transfer_type',
      'usb.endpoint_address',
      'usb.urb_status',
      'frame.cap_len',
      'frame.len',
    );
    const short = frames.map(([urb, ...rest]) => [urb?.replaceAll("'", ''), ...rest].join(' '));
    t.same(short, [
      'S 0x02 0x80 -115 64 64',
      'C 0x02 0x80 0 82 82',
      'S 0x02 0x80 -115 64 64',
      'C 0x02 0x80 0 128 128',
      'S 0x02 0x00 -115 64 64',
      'C 0x02 0x00 0 64 64',
      'S 0x02 0x80 -115 64 64',
      'C 0x02 0x80 0 65 65',
      'S 0x02 0x00 -115 67 67',
      'C 0x02 0x00 0 64 64',
      'S 0x02 0x80 -115 64 64',
      'C 0x02 0x80 -32 64 64',
      'S 0x03 0x01 -115 73 73',
      'C 0x03 0x01 0 64 64',
      'S 0x03 0x81 -115 64 64',
      'C 0x03 0x81 -2 64 64',
      'S 0x01 0x02 -115 67 67',
      'C 0x01 0x02 0 64 64',
      'S 0x01 0x82 -115 64 64',
      'C 0x01 0x82 0 66 66',
      'S 0x03 0x01 -115 65535 100064',
      'C 0x03 0x01 0 64 64',
      'S 0x02 0x80 -115 64 64',
      'C 0x02 0x80 0 68 68',
    ]);
    const what = fields(
      '_ws.col.Info',
      'usb.idVendor',
      'usb.bNumInterfaces',
      'frame.time_epoch',
      'frame.protocols',
    );
    t.match(what[0]?.[0], 'GET DESCRIPTOR Request DEVICE');
    t.match(what[1]?.[0], 'GET DESCRIPTOR Response DEVICE');
    t.equal(what[1]?.[1], '0x1209');
    t.match(what[3]?.[0], 'GET DESCRIPTOR Response CONFIGURATION');
    t.equal(what[3]?.[2], '2');
    t.match(what[4]?.[0], 'SET CONFIGURATION Request');
    t.match(what[7]?.[0], 'GET CONFIGURATION Response');
    // The clock of the trace, with an offset of less than an hour.
    t.ok(Math.abs(Number(what[0]?.[3]) - WALL_MS / 1000) < 3600);
    for (const [info, , , , protocols] of what) {
      t.match(protocols, /^usb/);
      t.notMatch(info, /Malformed/i);
    }
  },
);
