// SPDX-License-Identifier: Apache-2.0
// Whatever arrives, the proxy stays up, calls go on, and nothing is kept of it.
import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Call } from '../meta/sip/call.ts';
import { STRANGER_ADDRESS } from '../stage/meta.ts';
import { waitFor } from '../stage/wait.ts';
import { askEngine, fingerprint, podsOf } from './pods.ts';
import { hangUp, hears, place } from './talk.ts';
import { fuzz, torture } from './torture.ts';
import { PBXS, SALES, theWorld, type World } from './world.ts';

const FUZZED = 100_000;
/** Messages between two questions whether all of them were taken in. */
const BATCH = 500;
const SEED = 4475;

let world: World;
let proxy: string;
let background: Call;
let before: string[];

beforeAll(async () => {
  world = await theWorld();
  proxy = (await podsOf(world, 'proxy'))[0]?.status.podIP ?? '';
  before = await fingerprint(world);
  background = await place(world, SALES);
});

afterAll(() => hangUp(background));

/** Waits until the proxy has taken in all that was sent before: it answers a request that came after. */
async function caughtUp(socket: Socket): Promise<void> {
  const id = randomUUID();
  const { address, port } = socket.address();
  const lines = [`OPTIONS sip:${proxy} SIP/2.0`, `Via: SIP/2.0/UDP ${address}:${port};branch=z9hG4bK${id};rport`, 'Max-Forwards: 70', `From: <sip:a@${address}>;tag=a`, `To: <sip:${proxy}>`, `Call-ID: ${id}`, 'CSeq: 1 OPTIONS', 'Content-Length: 0'];
  let isAnswered = false;
  const listen = (bytes: Buffer): void => void (isAnswered ||= bytes.includes(id) && bytes.toString().startsWith('SIP/2.0 200'));
  socket.on('message', listen);
  await waitFor('the proxy to answer', () => {
    if (!isAnswered) socket.send(`${lines.join('\r\n')}\r\n\r\n`, 5060, proxy);
    return isAnswered;
  }, { everyMs: 5 });
  socket.off('message', listen);
}

async function udp(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, STRANGER_ADDRESS);
  await once(socket, 'listening');
  return socket;
}

/** Shared memory in use, in bytes. */
const memory = async (): Promise<number> => Number(/"real_used":\s*(\d+)/.exec(await askEngine(world, 'core.shmmem'))?.[1]);

describe('a message that is none', () => {
  it('of each kind of RFC 4475, by UDP, TCP and TLS, harms nobody', async () => {
    const socket = await udp();
    for (const text of torture(proxy)) {
      const bytes = Buffer.from(text, 'latin1');
      socket.send(bytes, 5060, proxy);
      const tcp = connect({ host: proxy, port: 5060, localAddress: STRANGER_ADDRESS }).on('error', () => {});
      tcp.end(bytes);
      const tls = await world.meta.raw({ host: 'sip.example.com', port: 5061, tls: true });
      tls.send(bytes);
      await caughtUp(socket);
      tcp.destroy();
      tls.close();
    }
    socket.close();
    await hears(background, PBXS.alpha, 1);
    expect(await fingerprint(world)).toEqual(before);
  });

  it(`nor do ${FUZZED} made by chance: calls go on, and the memory that they took is free again`, async () => {
    const socket = await udp();
    await caughtUp(socket);
    const [mark, used] = [background.mark(), await memory()];
    let sent = 0;
    for (const bytes of fuzz(proxy, FUZZED, SEED)) {
      socket.send(bytes.subarray(0, 60_000), 5060, proxy);
      if ((sent += 1) % BATCH === 0) await caughtUp(socket);
    }
    socket.close();
    const heard = background.media(mark);
    expect(heard.received / (heard.received + heard.lost)).toBeGreaterThanOrEqual(0.95);
    await hears(background, PBXS.alpha, 1);
    const call = await place(world, SALES);
    await hears(call, PBXS.alpha, 1);
    await hangUp(call);
    expect(await fingerprint(world)).toEqual(before);
    // Transactions and looked-up names live for a while.
    await waitFor('the memory to be free again', async () => (await memory()) < used * 1.02, { last: async () => `${await memory()} of ${used} before` });
  });
});
