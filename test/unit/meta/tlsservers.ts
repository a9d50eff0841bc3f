// SPDX-License-Identifier: Apache-2.0
// Servers on loopback that a probe can meet; `closeAll` ends what the others have opened.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions, type TLSSocket } from 'node:tls';
import { Worker } from 'node:worker_threads';

const servers: Server[] = [];
const sockets = new Set<Socket>();
const workers: Worker[] = [];

export async function closeAll(): Promise<void> {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
  for (const worker of workers.splice(0)) await worker.terminate();
}

/** Starts the server and gives its port. */
export async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  servers.push(server);
  server.on('connection', keep);
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return address.port;
}

function keep(socket: Socket): Socket {
  sockets.add(socket);
  return socket.on('error', () => {}).on('close', () => sockets.delete(socket));
}

/** Starts a TLS server and gives its port; `accepted` is told of each handshake that it has finished. */
export function serveTls(options: TlsOptions, accepted?: (socket: TLSSocket) => void, host?: string): Promise<number> {
  return listen(createTlsServer(options, accepted).on('tlsClientError', () => {}), host);
}

/**
 * Passes bytes between a client and the TLS 1.3 server at `port`, up to the client's last message of the handshake. What the
 * server says from then on is lost, its leave-taking included, or the client's connection is closed.
 */
export function relayHandshake(port: number, then: 'silence' | 'hang-up'): Promise<number> {
  return listen(
    createServer({ allowHalfOpen: true }, (client) => {
      const server = keep(connect(port, '127.0.0.1'));
      let messages = 0;
      client.on('data', (bytes) => {
        messages += 1;
        server.write(bytes);
        if (messages === 2 && then === 'hang-up') client.end();
      });
      server.on('data', (bytes) => {
        if (messages < 2) client.write(bytes);
      });
    }),
  );
}

/** A port that the system answers for until its queue is full, which it is: a connection to it is never made nor refused. */
export async function listenDeaf(): Promise<number> {
  const worker = new Worker(
    `const { createServer } = require('node:net');
     const { parentPort } = require('node:worker_threads');
     const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
     });`,
    { eval: true },
  );
  workers.push(worker);
  const [port] = await once(worker, 'message');
  // A queue of n takes n + 1.
  for (let i = 0; i < 2; i++) await once(keep(connect(Number(port), '127.0.0.1')), 'connect');
  return Number(port);
}
