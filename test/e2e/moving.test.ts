// SPDX-License-Identifier: Apache-2.0
// A number that moves from one gateway to another.
import { beforeAll, describe, expect, it } from 'vitest';
import { apply } from '../stage/install.ts';
import { kinds } from '../stage/kube.ts';
import { META_ADDRESS } from '../stage/meta.ts';
import { waitFor } from '../stage/wait.ts';
import { gatewayManifest, numberManifest } from './manifests.ts';
import { declare, known, kubectl, remove, told } from './numbers.ts';
import { hangUp, hears, place } from './talk.ts';
import { NAMESPACE, PBXS, theWorld, type Line, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

const isHeard = async (number: Line): Promise<void> => {
  const call = await place(world, number);
  await hears(call, PBXS.beta, 1);
  await hangUp(call);
};

const versionOf = async (gateway: string): Promise<string> =>
  kubectl(world, 'get', 'sgw', gateway, '-o', 'jsonpath={.status.configuration.numbers} {.status.conditions[?(@.type=="Programmed")].status}');

describe('a number that moves to another gateway', () => {
  it('is served by the old one until Meta dials the new one, and no longer', async () => {
    await apply(world.cluster, [gatewayManifest('second', { access: { sourceNetworks: [`${META_ADDRESS}/32`] } })], NAMESPACE);
    const number = known(world, 'mover');
    await declare(world, number);
    await told(world, 'wan', number.name, { type: 'Ready' });
    await told(world, 'sgw', 'second', { type: 'Ready', timeoutMs: 90_000 });
    const before = await versionOf('default');
    const clear = world.meta.graph.fault('internal', { path: `/${number.phoneNumberID}/settings`, method: 'POST' });
    await apply(world.cluster, [numberManifest(number, { gatewayRef: { name: 'second' } })], NAMESPACE);
    await waitFor('the second gateway to serve it', async () => (await versionOf('second')) === '1 True');
    await told(world, 'wan', number.name, { type: 'SettingsSynced', reason: 'MetaUnavailable' });
    expect(await versionOf('default')).toBe(before);
    expect(world.meta.number(number.phoneNumberID).servers).toMatchObject([{ hostname: 'sip.example.com' }]);
    await isHeard(number);
    clear();
    await told(world, 'wan', number.name, { type: 'Ready', timeoutMs: 90_000 });
    expect(world.meta.number(number.phoneNumberID).servers).toMatchObject([{ hostname: 'second.example.com' }]);
    await isHeard(number);
    const [count = ''] = before.split(' ');
    await waitFor('the first gateway to have let it go', async () => (await versionOf('default')) === `${Number(count) - 1} True`);
    await remove(world, number.name);
    await world.client.delete(kinds.sgw, { namespace: NAMESPACE, name: 'second' });
  });
});
