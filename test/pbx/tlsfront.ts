// SPDX-License-Identifier: Apache-2.0
// TLS for sipp: as Debian builds it, it makes TLS connections and cannot write to them, so it speaks TCP to these.
import { once } from 'node:events';
import { connect as connectTcp, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { connect, createServer } from 'node:tls';
import type { ServerIdentity } from '../meta/pki.ts';

export interface Place {
  host: string;
  port: number;
}

/** Listens for one kind of connection, and makes one of the other kind for each. */
export interface TlsFront extends Place {
  close(): void;
}

/** Whoever connects by TCP is connected by TLS to `to`, from an address of its own. */
export function dialsByTls({ address, to, name }: { address: string; to: Place; name: string }): Promise<TlsFront> {
  const dial = (): Socket => connect({ socket: connectTcp({ ...to, localAddress: address }), servername: name, rejectUnauthorized: false });
  return open(address, createTcpServer, dial);
}

/** Whoever connects by TLS is connected by TCP to `to`. */
export function takesByTls({ address, to, identity }: { address: string; to: Place; identity: ServerIdentity }): Promise<TlsFront> {
  return open(address, (take) => createServer(identity, take), () => connectTcp(to));
}

async function open(address: string, listen: (take: (socket: Socket) => void) => Server, dial: () => Socket): Promise<TlsFront> {
  const sockets = new Set<Socket>();
  const server = listen((socket) => {
    const other = dial();
    tie(socket, other);
    tie(other, socket);
    for (const each of [socket, other]) {
      each.setNoDelay(true);
      sockets.add(each);
      each.once('close', () => sockets.delete(each));
    }
  });
  server.listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the front is bound to no port');
  return {
    host: address,
    port: bound.port,
    close: () => {
      server.close();
      for (const each of sockets) each.destroy();
    },
  };
}

/** What comes by one goes out by the other, and the end of one is the end of both. */
function tie(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on('error', () => {}).once('close', () => to.destroySoon());
}
