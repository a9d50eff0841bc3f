// SPDX-License-Identifier: Apache-2.0
// What can cross, stall or fail below a call, without any other call noticing.
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { POD } from '../../operator/controllers/shared/kinds.ts';
import { header, serialise } from '../meta/sip/message.ts';
import type { RawSocket } from '../meta/sip/raw.ts';
import { hopRequest } from '../meta/sip/requests.ts';
import { apply } from '../stage/install.ts';
import { kinds, waitForCondition } from '../stage/kube.ts';
import { waitFor } from '../stage/wait.ts';
import { Attempt } from './attempt.ts';
import { numberManifest, routeManifest } from './manifests.ts';
import { signalContainer } from './pods.ts';
import { hangUp, hears, place } from './talk.ts';
import { line, NAMESPACE, PBX_NAMESPACE, PBXS, SALES, settled, theWorld, type Line, type World } from './world.ts';

const withAddress = z.object({ status: z.object({ podIP: z.string() }) });

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

const connect = (): Promise<RawSocket> => world.meta.raw({ host: 'sip.example.com', port: 5061, tls: true });

/** A live number with a route. */
async function serve(number: Line, uri: string): Promise<void> {
  world.meta.addNumber({ ...number, businessAccountID: '102290129340398' });
  await apply(world.cluster, [numberManifest(number), routeManifest(number.name, [number.name], uri)], NAMESPACE);
  await waitForCondition(world.client, { kind: kinds.wan, namespace: NAMESPACE, name: number.name, type: 'Ready', timeoutMs: 90_000 });
}

describe('a CANCEL that crosses the answer', () => {
  it('changes nothing: the call goes on with audio', async () => {
    // By a connection of its own, which must not come to one that is on its way out.
    await waitFor('one proxy', async () => {
      const { items } = await world.client.list(POD, { namespace: NAMESPACE, labelSelector: 'trunkline.dev/component=proxy,trunkline.dev/gateway=default', metadataOnly: true });
      return items.length === 1;
    }, { timeoutMs: 100_000 });
    const call = await place(world, SALES);
    const invite = call.journal.invites.at(-1);
    if (!invite) throw new Error('the call sent no INVITE');
    const socket = await connect();
    socket.send(serialise(hopRequest(invite, 'CANCEL', header(invite, 'To') ?? '')));
    // The proxy still knew the call that it was to cancel.
    expect(await socket.message((message) => message.kind === 'response', 10_000)).toMatchObject({ status: 200 });
    socket.close();
    await hears(call, PBXS.alpha, 3);
    await hangUp(call);
  }, 130_000);
});

describe('a name server that never answers', () => {
  /** More calls than the proxy has processes to wait for it. */
  const WAITING = 16;
  const unreachable = { status: 503, reason: 'Destination Unreachable' };

  it('holds up the calls that need it, and none of another number', async () => {
    const [silent, direct] = [line('silent', '+15550007701'), line('direct', '+15550007702')];
    const { items } = await world.client.list(POD, { namespace: PBX_NAMESPACE, labelSelector: 'app=beta' });
    const address = items.map((pod) => withAddress.parse(pod).status.podIP)[0];
    await serve(silent, 'sip:desk@pbx.silent.example');
    await serve(direct, `sip:desk@${address}`);
    // Connections and challenges first: Meta itself must find the gateway by its name.
    const attempts = await Promise.all(
      Array.from({ length: WAITING }, async () => {
        const [attempt, socket] = [new Attempt(world, silent), await connect()];
        return { attempt, socket, challenge: await attempt.invite(socket) };
      }),
    );
    const before = await place(world, direct);
    await world.cluster.kill('coredns', 'SIGSTOP');
    try {
      const waiting = Promise.allSettled(attempts.map(({ attempt, socket, challenge }) => attempt.invite(socket, challenge)));
      // A user who waits for 15 s, on a connection that Meta has open.
      const patience = { reuseConnection: true, timings: { transactionTimeoutMs: 15_000 } };
      const during = await Promise.all(Array.from({ length: 3 }, () => place(world, direct, patience)));
      await Promise.all([before, ...during].map((call) => hears(call, PBXS.beta, 1)));
      await Promise.all([before, ...during].map(hangUp));
      const answers = await waiting;
      expect(answers).toEqual(attempts.map(() => ({ status: 'fulfilled', value: expect.objectContaining(unreachable) })));
    } finally {
      await world.cluster.kill('coredns', 'SIGCONT');
      for (const { socket } of attempts) socket.close();
    }
    await settled(world);
  });
});

describe('a relay that failed', () => {
  it('takes the first call after it is back', async () => {
    await signalContainer(world, 'rtpengine', 'SIGSTOP');
    try {
      const call = await world.meta.call({ to: SALES.phoneNumber });
      expect(call.result).toEqual({ kind: 'refused', status: 503, reason: 'No Media Relay' });
    } finally {
      await signalContainer(world, 'rtpengine', 'SIGCONT');
    }
    const next = await place(world, SALES);
    await hears(next, PBXS.alpha, 1);
    await hangUp(next);
    await settled(world);
  });
});
