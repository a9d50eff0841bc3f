// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RawSocket } from '../meta/sip/raw.ts';
import { apply } from '../stage/install.ts';
import { kinds, waitForCondition } from '../stage/kube.ts';
import { waitFor } from '../stage/wait.ts';
import { Attempt } from './attempt.ts';
import type { AgentStatus } from '../../media/agent/status.ts';
import { agentStatuses } from './agents.ts';
import { bothHear, hearsMusic, talk, turn } from './inside.ts';
import { remove } from './numbers.ts';
import { changeGateway, killContainer, podsOf, theGateway } from './pods.ts';
import { numberManifest } from './manifests.ts';
import { expectClean, hangUp, hears, place } from './talk.ts';
import { line, NAMESPACE, PBXS, SALES, SUPPORT, theWorld, type Line, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
  await scale(2);
}, 120_000);
afterAll(() => scale(1));

async function scale(replicas: number): Promise<void> {
  await changeGateway(world, { proxy: { replicas } });
  await waitFor(`${replicas} proxies`, async () => (await podsOf(world, 'proxy')).length === replicas);
  await waitForCondition(world.client, { kind: kinds.sgw, namespace: NAMESPACE, name: 'default', type: 'Ready', timeoutMs: 90_000 });
}

const waitForCalls = (calls: Record<string, number>): Promise<unknown> =>
  waitFor(
    `both proxies to tell the calls ${JSON.stringify(calls)}`,
    async () => isDeepStrictEqual((await agentStatuses(world)).map((status) => status.calls), [calls, calls]),
    { last: async () => JSON.stringify(await agentStatuses(world)) },
  );

const digitsOf = ({ phoneNumber }: Line): string => phoneNumber.slice(1);

/** A connection to each proxy, past the load balancer. */
async function connectEach(): Promise<RawSocket[]> {
  const pods = await podsOf(world, 'proxy');
  return Promise.all(pods.map(({ status }) => world.meta.raw({ host: status.podIP ?? '', port: 5061, tls: true })));
}

describe('two proxies', () => {
  it('both serve the configuration, and the status shows each', async () => {
    const { status } = await theGateway(world);
    expect(status?.proxies?.map(({ version }) => version)).toEqual([status?.configuration?.version, status?.configuration?.version]);
  });

  it('both take calls at the same time, never mixing them up', async () => {
    const numbers = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? SALES : SUPPORT));
    const calls = await Promise.all(numbers.map((number, i) => place(world, number, { from: `+155580000${10 + i}` })));
    await Promise.all(calls.map((call, i) => hears(call, numbers[i] === SALES ? PBXS.alpha : PBXS.beta, 2)));
    await Promise.all(calls.map(hangUp));
  });

  it('either passes on what belongs to a call of the other, on connections of their own', async () => {
    const calls = await Promise.all(Array.from({ length: 6 }, () => place(world, SALES, { reconnectInDialog: true })));
    await Promise.all(calls.map((call) => hears(call, PBXS.alpha, 1)));
    await Promise.all(calls.map(hangUp));
    calls.forEach(expectClean);
  });

  it('leave their calls to each other when they are replaced', async () => {
    const calls = await Promise.all(Array.from({ length: 6 }, () => place(world, SALES, { reconnectInDialog: true })));
    const before = await podsOf(world, 'proxy');
    await world.cluster.kubectl(['-n', NAMESPACE, 'delete', 'pod', '--grace-period=1', ...before.map(({ metadata }) => metadata.name)]);
    await waitForCondition(world.client, { kind: kinds.sgw, namespace: NAMESPACE, name: 'default', type: 'ProxyReady', timeoutMs: 90_000 });
    await Promise.all(calls.map((call) => hears(call, PBXS.alpha, 1)));
    await Promise.all(calls.map(hangUp));
  });

  it('either lets the inside hold and resume a call of the other', async () => {
    const given = await talk(world, 'shield-two', { codecs: ['PCMA'] });
    await bothHear(given);
    for (const { status } of await podsOf(world, 'proxy')) {
      given.desk.via = { host: status.podIP ?? '', port: 5060 };
      expect(await turn(given, 'inactive')).toBe('inactive');
      await hearsMusic(given);
      expect(await turn(given, 'sendrecv')).toBe('sendrecv');
      await bothHear(given);
    }
    await hangUp(given.call);
    given.desk.close();
    await remove(world, 'shield-two');
  });

  it('each tell the calls of every number, whichever of them took a call, ended it or was killed meanwhile', async () => {
    await waitForCalls({});
    const [first, ...others] = await Promise.all([SALES, SALES, SALES, SUPPORT].map((number) => place(world, number, { reconnectInDialog: true })));
    await waitForCalls({ [digitsOf(SALES)]: 3, [digitsOf(SUPPORT)]: 1 });
    if (first) await hangUp(first);
    await waitForCalls({ [digitsOf(SALES)]: 2, [digitsOf(SUPPORT)]: 1 });
    await killContainer(world, 'kamailio');
    await waitForCalls({ [digitsOf(SALES)]: 2, [digitsOf(SUPPORT)]: 1 });
    await waitForCondition(world.client, { kind: kinds.sgw, namespace: NAMESPACE, name: 'default', type: 'Ready', timeoutMs: 90_000 });
    await Promise.all(others.map(hangUp));
    await waitForCalls({});
  });

  it('challenge again where the nonce is of the other, and refuse nobody for that', async () => {
    const before = await agentStatuses(world);
    const number = line('nonce', '+15550007703');
    world.meta.addNumber({ ...number, businessAccountID: '102290129340398' });
    await apply(world.cluster, [numberManifest(number)], NAMESPACE);
    await waitForCondition(world.client, { kind: kinds.wan, namespace: NAMESPACE, name: number.name, type: 'Programmed', reason: 'NoRoute', timeoutMs: 90_000 });
    const [one, other] = await connectEach();
    if (!one || !other) throw new Error('there are no two proxies');
    const attempt = new Attempt(world, number);
    const challenge = await attempt.invite(one);
    expect(challenge.status).toBe(407);
    const again = await attempt.invite(other, challenge);
    expect(again.status).toBe(407);
    // Past the digest: the number has no route.
    expect(await attempt.invite(other, again)).toMatchObject({ status: 480, reason: 'No Route For This Number' });
    expect((await agentStatuses(world)).map(({ refusals }) => refusals)).toEqual(before.map(({ refusals }) => refusals));
  });

  it('each tell how often they refused a wrong digest answer, by number', async () => {
    const before = await agentStatuses(world);
    const [one] = await connectEach();
    if (!one) throw new Error('there is no proxy');
    const attempt = new Attempt(world, SALES, 'wrong');
    expect(await attempt.invite(one, await attempt.invite(one))).toMatchObject({ status: 403, reason: 'Wrong Digest Answer' });
    const refusalsOf = ({ refusals }: AgentStatus): number => refusals?.[digitsOf(SALES)] ?? 0;
    const expected = before.map((status, i) => refusalsOf(status) + (i === 0 ? 1 : 0));
    await waitFor('the refusal to be told', async () => isDeepStrictEqual((await agentStatuses(world)).map(refusalsOf), expected), {
      timeoutMs: 15_000,
      last: async () => JSON.stringify(await agentStatuses(world)),
    });
  });
});
