/** The SSH keys of one run: unplug's own and the guest's host key. Nothing outlives the run. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { InfraError, makeTemporaryDirectory, runCommand } from '../base/index.ts';

/** Key material of a run. */
export interface RunKeys {
  /** OpenSSH private key that unplug logs in with. */
  readonly privateKey: string;
  /** The line for authorized_keys. */
  readonly authorizedKey: string;
  /** The guest's private host key in dropbear's format. */
  readonly hostKey: Uint8Array;
  /** The host's public key blob (RFC 4253 §6.6) that the guest must show. */
  readonly hostPublicKey: Uint8Array;
}

/** Makes fresh keys. @throws InfraError when dropbearkey (package dropbear-bin) is missing */
export async function makeRunKeys(signal?: AbortSignal): Promise<RunKeys> {
  await using directory = await makeTemporaryDirectory('keys');
  const file = join(directory.path, 'host');
  const result = await runCommand({
    argv: ['dropbearkey', '-t', 'ed25519', '-f', file],
    ...(signal === undefined ? {} : { signal }),
  });
  const publicKey = /^ssh-ed25519 (\S+)/m.exec(result.stdout.toString())?.[1];
  if (publicKey === undefined) {
    throw new InfraError('dropbearkey printed no public key', { detail: result.stdout.toString() });
  }
  const own = ssh2.utils.generateKeyPairSync('ed25519');
  return {
    privateKey: own.private,
    authorizedKey: own.public,
    hostKey: await readFile(file),
    hostPublicKey: Buffer.from(publicKey, 'base64'),
  };
}
