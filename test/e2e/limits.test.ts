// SPDX-License-Identifier: Apache-2.0
// How many calls a number or a destination may have at once.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Call } from '../meta/sip/call.ts';
import { apply } from '../stage/install.ts';
import { waitFor } from '../stage/wait.ts';
import { callsCounted } from './agents.ts';
import { numberManifest } from './manifests.ts';
import { known, kubectl, remove, told } from './numbers.ts';
import { expectClean, hangUp, hears, place, USER_TONE } from './talk.ts';
import { NAMESPACE, PBXS, theWorld, type Line, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
  await callsCounted(world);
});

const { alpha, beta } = PBXS;

async function limited(name: string, destinations: object[], spec: Record<string, unknown> = {}): Promise<Line> {
  const number = known(world, name);
  const route = { apiVersion: 'trunkline.dev/v1alpha1', kind: 'SipRoute', metadata: { name }, spec: { numbers: [{ name }], destinations } };
  await apply(world.cluster, [numberManifest(number, spec), route], NAMESPACE);
  await told(world, 'wan', name, { type: 'Ready' });
  return number;
}

const attempt = ({ phoneNumber }: Line): Promise<Call> => world.meta.call({ to: phoneNumber, tone: USER_TONE });
const BUSY = (reason: string) => ({ kind: 'refused', status: 486, reason });

/** A line is free again soon after its call ended. */
const retried = (number: Line): Promise<Call> =>
  waitFor('a line to be free', async () => {
    const call = await attempt(number);
    return call.result?.kind === 'answered' ? call : undefined;
  });

describe.concurrent('a limit of calls', () => {
  it('of a number makes the next user hear busy, until a call has ended', async () => {
    const number = await limited('two-lines', [{ uri: alpha.uri }], { maxCalls: 2 });
    const [first, second] = await Promise.all([place(world, number), place(world, number)]);
    const third = await attempt(number);
    expect(third.result).toEqual(BUSY('All Lines Of This Number Are Busy'));
    expectClean(third);
    // Counted by what is there, not by what has begun: the limit holds also once the relays were counted.
    await hears(first, alpha, 3);
    expect((await attempt(number)).result).toMatchObject({ status: 486 });
    await waitFor('its calls to be shown', async () => (await kubectl(world, 'get', 'wan', 'two-lines', '--no-headers')).includes(' 2/2 '), { last: () => kubectl(world, 'get', 'wan', 'two-lines') });
    await hangUp(first);
    const fourth = await retried(number);
    await hears(fourth, alpha, 1);
    await Promise.all([hangUp(second), hangUp(fourth)]);
    await remove(world, 'two-lines');
  });

  it('of a destination sends the next call to another one, and makes a user hear busy where all are full', async () => {
    const destinations = [{ uri: `${alpha.uri};transport=udp`, maxCalls: 1 }, { uri: `${beta.uri};transport=udp`, priority: 1, maxCalls: 1 }];
    const number = await limited('one-each', destinations);
    const first = await place(world, number);
    const second = await place(world, number);
    await hears(second, beta, 3);
    await hears(first, alpha, 1);
    const third = await attempt(number);
    expect(third.result).toEqual(BUSY('All Destinations Are Busy'));
    expectClean(third);
    await hangUp(first);
    const fourth = await retried(number);
    await hears(fourth, alpha, 1);
    await Promise.all([hangUp(second), hangUp(fourth)]);
    await remove(world, 'one-each');
  });
});
