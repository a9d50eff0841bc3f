// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it } from 'vitest';
import { apply } from '../stage/install.ts';
import { kinds, waitForCondition } from '../stage/kube.ts';
import { waitFor } from '../stage/wait.ts';
import { routeManifest } from './manifests.ts';
import { fingerprint, podsOf, theGateway } from './pods.ts';
import { hangUp, hears, place, relayOf } from './talk.ts';
import { NAMESPACE, PBXS, SALES, theWorld, type Pbx, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

async function routeSalesTo(pbx: Pbx): Promise<void> {
  await apply(world.cluster, [routeManifest('sales', ['sales'], pbx.uri)], NAMESPACE);
  await waitForCondition(world.client, { kind: kinds.srt, namespace: NAMESPACE, name: 'sales', type: 'Programmed' });
}

const servedSerial = async (): Promise<string | undefined> => {
  const gateway = await theGateway(world);
  return gateway.status?.proxies?.[0]?.certificateSerial;
};

describe('during a call', () => {
  it('a route can be edited: the call goes on, the next one goes to the new place, and nothing restarts', async () => {
    const before = await fingerprint(world);
    const call = await place(world, SALES);
    await hears(call, PBXS.alpha, 1);
    await routeSalesTo(PBXS.beta);
    const next = await place(world, SALES);
    await hears(next, PBXS.beta, 1);
    await hears(call, PBXS.alpha, 1);
    await Promise.all([hangUp(call), hangUp(next)]);
    await routeSalesTo(PBXS.alpha);
    expect(await fingerprint(world)).toEqual(before);
  });

  it('its media pod can be replaced by a newer one: the call stays where it is, the next one goes to the new pod', async () => {
    const [old] = await podsOf(world, 'media');
    const name = old?.metadata.name ?? '';
    const call = await place(world, SALES);
    await hears(call, PBXS.alpha, 1);
    // As after an upgrade: the pod is not what would be made now.
    await world.cluster.kubectl(['-n', NAMESPACE, 'annotate', 'pod', name, 'trunkline.dev/template-hash=old', '--overwrite']);
    const newer = await waitFor('a newer media pod', async () => {
      const pods = await podsOf(world, 'media');
      return pods.find(({ metadata, status }) => metadata.name !== name && status.podIP !== undefined);
    });
    const next = await waitFor('a call on the newer pod', async () => {
      const placed = await place(world, SALES);
      await hears(placed, PBXS.alpha, 1);
      if (relayOf(placed) === newer.status.podIP) return placed;
      await placed.hangup();
      return undefined;
    });
    await hears(call, PBXS.alpha, 1);
    expect(relayOf(call)).toBe(old?.status.podIP);
    expect((await podsOf(world, 'media')).map(({ metadata }) => metadata.name)).toContain(name);
    await Promise.all([hangUp(call), hangUp(next)]);
    await waitFor('the old pod to go, now that it is empty', async () => !(await podsOf(world, 'media')).some(({ metadata }) => metadata.name === name), {
      timeoutMs: 100_000,
    });
  });

  it('the certificate can be renewed: the new one is served, the call goes on, and nothing restarts', async () => {
    const before = await fingerprint(world);
    const call = await place(world, SALES);
    await hears(call, PBXS.alpha, 1);
    const old = await servedSerial();
    expect(call.certificate?.serial).toBe(old);
    // What `cmctl renew` does.
    const issuing = { type: 'Issuing', status: 'True', reason: 'ManuallyTriggered', message: 'by a test', lastTransitionTime: new Date().toISOString() };
    const patch = JSON.stringify([{ op: 'add', path: '/status/conditions/-', value: issuing }]);
    await world.cluster.kubectl(['-n', NAMESPACE, 'patch', 'certificate', 'default-tls', '--subresource=status', '--type=json', '-p', patch]);
    const renewed = await waitFor('another certificate to be served', async () => {
      const serial = await servedSerial();
      return serial !== old && serial;
    });
    const next = await place(world, SALES);
    expect(next.certificate?.serial).toBe(renewed);
    await hears(call, PBXS.alpha, 1);
    await hears(next, PBXS.alpha, 1);
    await Promise.all([hangUp(call), hangUp(next)]);
    expect(await fingerprint(world)).toEqual(before);
  });
});
