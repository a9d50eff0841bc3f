// SPDX-License-Identifier: Apache-2.0
// What a proxy knows of calls, for its engine and for whoever may run commands in its pod: it is told on loopback alone.
import { Registry } from '@prometheus-io/client';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { serve, type Page, type Serving } from '../../../operator/kube/serve.ts';
import { MOST_MS } from '../../../operator/routing/traced.ts';
import { entryOfDigits, tracedBy, type Snapshot } from '../../../operator/routing/snapshot.ts';
import type { CallCount, LiveCall } from '../calls.ts';
import type { Permissions } from '../permissions.ts';
import { readHep, type Packet } from './hep.ts';
import type { HangUp } from '../hangup.ts';
import type { Homer } from './homer.ts';
import { PORTS } from './ports.ts';
import { redact } from './redact.ts';
import type { TraceRing } from './ring.ts';

const LOOPBACK = '127.0.0.1';

export interface DoorOptions {
  ring: TraceRing;
  calls: Pick<CallCount, 'live'>;
  hangUp: HangUp;
  permissions: Pick<Permissions, 'ask'>;
  /** Address of the proxy's pod. */
  address: string;
}

/** Serves `/calls`, `/traces?call=PART` and, where it is posted, `/hangup?call=ID` and `/permission?…` until the signal aborts. */
export function openDoor({ ring, calls, hangUp, permissions, address }: DoorOptions, signal: AbortSignal): Promise<Serving> {
  const json = (value: unknown): Page => ({ contentType: 'application/json', body: `${JSON.stringify(value)}\n` });
  const pages = {
    '/calls': async () => json({ calls: (await calls.live()).map(shown) }),
    '/traces': (query: URLSearchParams) => json({ address, calls: ring.find(query.get('call') ?? '') }),
  };
  const commands = {
    '/hangup': async (query: URLSearchParams) => json({ ended: await hangUp(query.get('call') ?? '') }),
    '/permission': async (query: URLSearchParams) => json(await permissions.ask(query)),
  };
  return serve({ host: LOOPBACK, port: PORTS.door, registry: new Registry(), live: [], ready: [], pages, commands }, signal);
}

/** Without the ends, which name the user. */
const shown = ({ callId, since, digits, direction, route, destination, isAnswered, sides }: LiveCall): object => ({
  callId,
  since,
  digits,
  direction,
  route,
  destination,
  isAnswered,
  canEnd: sides !== undefined,
});

/** Whether a message is about a call of a number that is traced at the time. */
function isTraced({ at, text }: Packet, snapshot: Snapshot | undefined): boolean {
  if (!snapshot) return false;
  for (const [digits, until] of tracedBy(snapshot)) if (at < until && until - at <= MOST_MS && text.includes(digits)) return true;
  return false;
}

/** Keeps what the engine mirrors, without what must not be kept, and passes it on where the gateway has a HOMER. */
export async function listenToEngine(ring: TraceRing, homer: Homer, snapshot: () => Snapshot | undefined): Promise<Socket> {
  const socket = createSocket('udp4', (bytes) => {
    const packet = readHep(bytes);
    if (!packet) return;
    if ('note' in packet) return ring.note(packet);
    const current = snapshot();
    const isOwn = (digits: string): boolean => current !== undefined && entryOfDigits(current, digits) !== undefined;
    const kept = { ...packet, text: redact(packet.text, isOwn, { shows: isTraced(packet, current) }) };
    const callId = ring.add(kept);
    if (callId !== undefined) homer.send(kept, callId, current?.homer);
  });
  socket.bind(PORTS.hep, LOOPBACK);
  await once(socket, 'listening');
  return socket;
}
