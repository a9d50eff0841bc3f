// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { makeDtlsIdentity } from '../../meta/media/certificate.ts';
import { DtlsHandshake, type DtlsOptions } from '../../meta/media/dtls.ts';

const open: { close(): void }[] = [];
afterEach(() => { for (const thing of open.splice(0)) thing.close(); });

function shakeHands(options: DtlsOptions): DtlsHandshake {
  const handshake = new DtlsHandshake(options);
  open.push(handshake);
  return handshake;
}

/** Both ends, side by side; `lose` says which packets of the client never arrive. */
async function pair(lose: (packet: number) => boolean = () => false): Promise<{ client: DtlsHandshake; server: DtlsHandshake }> {
  const [ours, theirs] = [await makeDtlsIdentity(), await makeDtlsIdentity()];
  let packets = 0;
  const server: DtlsHandshake = shakeHands({
    role: 'server', identity: ours, fingerprints: [theirs.fingerprint], send: (bytes) => client.receive(bytes),
  });
  const client: DtlsHandshake = shakeHands({
    role: 'client', identity: theirs, fingerprints: ['00', ours.fingerprint], send(bytes) {
      packets += 1;
      if (!lose(packets)) server.receive(bytes);
    },
  });
  return { client, server };
}

/** A client of the test’s own making in front of a server of ours. */
async function against(...flags: string[]): Promise<DtlsHandshake> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let client: ChildProcess | undefined;
  open.push({ close() { client?.kill(); socket.close(); } });
  const identity = await makeDtlsIdentity();
  const place = Promise.withResolvers<number>();
  const server = shakeHands({
    role: 'server', identity, fingerprints: [identity.fingerprint],
    send: (bytes) => { void place.promise.then((port) => socket.send(bytes, port, '127.0.0.1')); },
  });
  socket.on('message', (bytes, { port }) => {
    place.resolve(port);
    server.receive(bytes);
  });
  client = spawn('openssl', ['s_client', '-dtls1_2', '-connect', `127.0.0.1:${socket.address().port}`, ...flags], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  return server;
}

describe('a DTLS handshake', () => {
  test('gives both ends the same keys, turned round', async () => {
    const { client, server } = await pair();
    const [ofClient, ofServer] = await Promise.all([client.keys, server.keys]);
    expect(ofClient.local).toHaveLength(30);
    expect(ofClient.local).toEqual(ofServer.remote);
    expect(ofClient.remote).toEqual(ofServer.local);
    expect(ofClient.local).not.toEqual(ofClient.remote);
  });

  test('outlives lost packets', { timeout: 20_000 }, async () => {
    const { client, server } = await pair((packet) => packet === 1 || packet === 3);
    expect((await client.keys).local).toEqual((await server.keys).remote);
  });

  test('gives no keys for a certificate that SDP did not name', async () => {
    const [ours, theirs] = [await makeDtlsIdentity(), await makeDtlsIdentity()];
    const server: DtlsHandshake = shakeHands({
      role: 'server', identity: ours, fingerprints: [ours.fingerprint], send: (bytes) => client.receive(bytes),
    });
    const client: DtlsHandshake = shakeHands({
      role: 'client', identity: theirs, fingerprints: [theirs.fingerprint], send: (bytes) => server.receive(bytes),
    });
    const [one, other] = await Promise.allSettled([server.keys, client.keys]);
    for (const ending of [one, other]) expect(ending).toMatchObject({ reason: { failure: 'dtls_fingerprint_mismatch' } });
  });

  test('gives no keys to a client without a certificate', async () => {
    const server = await against('-use_srtp', 'SRTP_AES128_CM_SHA1_80');
    await expect(server.keys).rejects.toMatchObject({ failure: 'dtls_failed', message: expect.stringMatching(/peer did not return a certificate/) });
  });

  test('fails where the two have no cipher in common', async () => {
    const server = await against('-cipher', 'PSK-AES128-CBC-SHA');
    await expect(server.keys).rejects.toMatchObject({ failure: 'dtls_failed', message: expect.stringMatching(/openssl ended/) });
  });

  test('is given up with its owner', async () => {
    const identity = await makeDtlsIdentity();
    const server = shakeHands({ role: 'server', identity, fingerprints: [], send() {} });
    server.close();
    server.receive(Buffer.from('late'));
    await expect(server.keys).rejects.toMatchObject({ failure: 'dtls_failed' });
  });
});
