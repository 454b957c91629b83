/** The SSH keys of one guest image: unplug's own and the guest's host key. They last as long as a template does. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { InfraError, makeTemporaryDirectory, runCommand } from '../base/index.ts';

/** Key material. */
export interface GuestKeys {
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
export async function makeGuestKeys(signal?: AbortSignal): Promise<GuestKeys> {
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

/** As text, to be kept with the template whose guest knows them. */
export function keysText({ privateKey, authorizedKey, hostKey, hostPublicKey }: GuestKeys): string {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return `${JSON.stringify({ privateKey, authorizedKey, hostKey: base64(hostKey), hostPublicKey: base64(hostPublicKey) })}\n`;
}

/** From what {@link keysText} gave. @throws SyntaxError when it is no JSON */
export function parseKeys(text: string): GuestKeys {
  const keys = JSON.parse(text) as Record<keyof GuestKeys, string>;
  return {
    privateKey: keys.privateKey,
    authorizedKey: keys.authorizedKey,
    hostKey: Buffer.from(keys.hostKey, 'base64'),
    hostPublicKey: Buffer.from(keys.hostPublicKey, 'base64'),
  };
}
