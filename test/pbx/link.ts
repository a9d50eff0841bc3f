// SPDX-License-Identifier: Apache-2.0
// How a scripted telephone sends and gets SIP: by UDP, or by TCP or TLS on whatever connection there is.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectTcp, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { connect, createServer } from 'node:tls';
import type { ServerIdentity } from '../meta/pki.ts';
import type { SipMessage } from '../meta/sip/message.ts';
import { parseMessage, StreamParser } from '../meta/sip/parse.ts';

export type Transport = 'UDP' | 'TCP' | 'TLS';

export interface Link {
  readonly transport: Transport;
  readonly port: number;
  /** Set before anything comes. */
  heard: (message: SipMessage) => void;
  send(bytes: Buffer, to: { host: string; port: number }): void;
  /** Loses the connections that there are. */
  drop(): void;
  close(): void;
}

export async function udpLink(address: string): Promise<Link> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  const link: Link = {
    transport: 'UDP',
    port: socket.address().port,
    heard: () => {},
    send: (bytes, { host, port }) => socket.send(bytes, port, host),
    drop: () => {},
    close: () => socket.close(),
  };
  socket.on('message', (bytes) => link.heard(parseMessage(bytes)));
  return link;
}

export const tcpLink = (address: string): Promise<Link> =>
  streamLink('TCP', address, { listen: createTcpServer, dial: (to) => connectTcp({ ...to, localAddress: address }) });

export const tlsLink = (address: string, identity: ServerIdentity): Promise<Link> =>
  streamLink('TLS', address, {
    listen: (take) => createServer(identity, take),
    dial: (to) => connect({ socket: connectTcp({ ...to, localAddress: address }), rejectUnauthorized: false }),
  });

interface Connections {
  listen: (take: (socket: Socket) => Socket) => Server;
  dial: (to: { host: string; port: number }) => Socket;
}

/** Answers on the last connection that whoever is meant has opened, and dials where there is none, as a PBX does. */
async function streamLink(transport: Transport, address: string, { listen, dial }: Connections): Promise<Link> {
  /** The newest last, each with the other end's address: of several proxies each has its own. */
  const open = new Map<Socket, string>();
  const take = (socket: Socket, host = socket.remoteAddress ?? ''): Socket => {
    const parser = new StreamParser();
    open.set(socket, host);
    socket.on('data', (chunk: Buffer) => parser.push(chunk).forEach((message) => link.heard(message)));
    // What is lost with a connection is sent again by whoever waits for an answer.
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    return socket;
  };
  const server = listen((socket) => take(socket));
  server.listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the desk is bound to no port');
  const newestTo = (wanted: string): Socket | undefined => [...open].findLast(([, host]) => host === wanted)?.[0];
  const link: Link = {
    transport,
    port: bound.port,
    heard: () => {},
    send: (bytes, to) => void (newestTo(to.host) ?? take(dial(to), to.host)).write(bytes),
    drop: () => [...open.keys()].forEach((socket) => socket.destroy()),
    close: () => {
      link.drop();
      server.close();
    },
  };
  return link;
}
