// SPDX-License-Identifier: Apache-2.0
// How a scripted telephone sends and gets SIP: by UDP, or by TLS on whatever connection there is.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import type { ServerIdentity } from '../meta/pki.ts';
import type { SipMessage } from '../meta/sip/message.ts';
import { parseMessage, StreamParser } from '../meta/sip/parse.ts';

export interface Link {
  readonly transport: 'UDP' | 'TLS';
  readonly port: number;
  /** Set before anything comes. */
  heard: (message: SipMessage) => void;
  send(bytes: Buffer, to: { host: string; port: number }): void;
  /** Loses the connection that there is. */
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

/** Answers on the connection that a request came by, and dials where that is gone, as a PBX does. */
export async function tlsLink(address: string, identity: ServerIdentity): Promise<Link> {
  let current: TLSSocket | undefined;
  const take = (socket: TLSSocket): TLSSocket => {
    const parser = new StreamParser();
    current = socket;
    socket.on('data', (chunk: Buffer) => parser.push(chunk).forEach((message) => link.heard(message)));
    // What is lost with a connection is sent again by whoever waits for an answer.
    socket.on('error', () => {}).on('close', () => {
      if (current === socket) current = undefined;
    });
    return socket;
  };
  const server = createServer(identity, take);
  server.listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the desk is bound to no port');
  const link: Link = {
    transport: 'TLS',
    port: bound.port,
    heard: () => {},
    send: (bytes, to) => {
      (current ?? take(connect({ socket: connectTcp({ ...to, localAddress: address }), rejectUnauthorized: false }))).write(bytes);
    },
    drop: () => void current?.destroy(),
    close: () => {
      current?.destroy();
      server.close();
    },
  };
  return link;
}
