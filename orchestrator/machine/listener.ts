/** Unix sockets on which QEMU calls: unplug listens first, so that nobody polls for a socket to appear. */
import { createServer, type Server, type Socket } from 'node:net';
import { InfraError, within } from '../base/index.ts';

/** A unix socket where one QEMU will call. Disposing it closes the socket and the connection. */
export interface Listener extends AsyncDisposable {
  /** Settles with the connection, or with undefined when none came within `ms` or the signal fired. */
  accept(ms: number, signal?: AbortSignal): Promise<Socket | undefined>;
}

/** Listens on `path` for one caller. @throws InfraError when the socket can't be made */
export async function listenForOne(path: string): Promise<Listener> {
  const server: Server = createServer({ pauseOnConnect: true });
  const connection = new Promise<Socket>((resolve) => server.once('connection', resolve));
  // A connection that QEMU's end resets must not end unplug.
  void connection.then((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new InfraError(`can't listen on ${path}`, { cause: error })));
    server.listen(path, resolve);
  });
  return {
    accept: (ms, signal) => within(connection, ms, signal),
    [Symbol.asyncDispose]: async () => {
      void connection.then((socket) => socket.destroy());
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
