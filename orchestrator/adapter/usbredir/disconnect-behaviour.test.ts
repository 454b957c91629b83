import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { bulkBody, controlBody, type Setup } from './testdata/peer.ts';
import { plug } from './testdata/plug.ts';

const ECHO: Setup = [0xc0, 1, 0x0201, 0x0403];
const ECHOED = Buffer.of(1, 2, 3, 4);

t.test('disconnect: before a request is handled, or right after its answer', async (t) => {
  for (const kind of ['control', 'out', 'bulk-in'] as const)
    for (const when of ['before', 'after'] as const) {
      const { connection, peer, device, script } = await plug(t);
      script.arm([{ at: 1, behaviour: { do: 'disconnect', when } }]);
      if (kind === 'bulk-in') device.port?.send(0x81, ECHOED);
      const body = {
        control: controlBody(ECHO, 4),
        out: bulkBody(1, ECHOED),
        'bulk-in': bulkBody(0x81, 8),
      }[kind];
      for (const id of [1n, 2n]) peer.send(kind === 'control' ? 100 : 101, id, body);
      t.match(await connection.ended, { cause: 'disconnected' });
      await peer.until(() => peer.of(2).length === 1);
      await turn();
      const types = peer.received.slice(4).map(({ type }) => type);
      t.same(types, when === 'before' ? [2] : [kind === 'control' ? 100 : 101, 2], `${kind} ${when}`);
      const handled = kind === 'bulk-in' || when === 'before' ? 0 : 1;
      t.equal(device.calls.length, 2 + handled);
      t.equal(device.calls.at(-1), 'detach');
      peer.send(24, 0n);
      t.match(await connection.disconnect(), { acknowledged: true });
    }
});

t.test('disconnect at data that go to the host', async (t) => {
  for (const when of ['before', 'after'] as const) {
    const { connection, peer, device, script } = await plug(t);
    script.arm([{ kind: 'in', endpoint: 0x82, behaviour: { do: 'disconnect', when } }]);
    peer.send(15, 0n, Buffer.of(0x82));
    await peer.until(() => peer.of(17).length === 1);
    device.port?.send(0x82, ECHOED);
    device.port?.send(0x82, ECHOED);
    t.match(await connection.ended, { cause: 'disconnected' });
    await peer.until(() => peer.of(2).length === 1);
    t.equal(peer.of(103).length, when === 'before' ? 0 : 1);
  }
});
