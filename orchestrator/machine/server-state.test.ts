/** The question about the guest's server, put to a real shell. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { tryCommand } from '../base/index.ts';
import { type GuestServer, serverCommand, serverState } from './server-state.ts';

const printed = async (server: GuestServer): Promise<string> =>
  (await tryCommand({ argv: ['sh', '-c', serverCommand(server)] })).stdout.toString();

t.test('a shell of the host knows a process by its name', async (t) => {
  const server = { label: 'the sleeper', comm: 'sleep', log: '/nowhere' };
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  t.teardown(() => child.kill());
  await once(child, 'spawn');
  const stdout = await printed(server);
  t.match(stdout, new RegExp(`^server ${child.pid} \\(sleep\\) [SRD] .* wchan`, 'm'));
  t.match(serverState(server, stdout), /^sleep \(pid \d+\) is in state \w/);
  const nobody = { ...server, comm: 'no-such-comm' };
  const empty = await printed(nobody);
  t.equal(serverState(nobody, empty), 'no-such-comm does not run');
});
