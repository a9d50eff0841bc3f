// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it } from 'vitest';
import { SECRET } from '../../operator/controllers/shared/kinds.ts';
import { secret } from '../../operator/controllers/shared/observed.ts';
import { Unpacker } from '../../operator/routing/packing.ts';
import { entryOf } from '../../operator/routing/snapshot.ts';
import { header } from '../meta/sip/message.ts';
import { apply } from '../stage/install.ts';
import { kinds, waitForCondition } from '../stage/kube.ts';
import { waitFor } from '../stage/wait.ts';
import { routeManifest } from './manifests.ts';
import { agentStatuses } from './agents.ts';
import { bothHear, talk } from './inside.ts';
import { remove } from './numbers.ts';
import { metricsOf } from './office.ts';
import { killContainer, podsOf } from './pods.ts';
import { expectClean, hangUp, hears, place, relayOf, USER_TONE } from './talk.ts';
import { NAMESPACE, PBXS, SALES, settled, SUPPORT, theWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

const gatewayIs = (type: string) => waitForCondition(world.client, { kind: kinds.sgw, namespace: NAMESPACE, name: 'default', type });

/** Calls that the first proxy has counted as lost with their media relay. */
const lostCalls = async (): Promise<number> => Number(/^trunkline_calls_lost_total (\d+)/m.exec((await metricsOf(world))[0] ?? '')?.[1] ?? 0);

/** Waits until each proxy knows of one call of some number. */
const counted = () => waitFor('the call to be counted', async () => (await agentStatuses(world)).every(({ calls }) => Object.values(calls ?? {}).includes(1)));

/** Users try again until one is answered. */
const placeSoon = () =>
  waitFor(
    'a new call to be answered',
    async () => {
      const call = await world.meta.call({ to: SALES.phoneNumber, tone: USER_TONE });
      return call.result?.kind === 'answered' && call;
    },
    { timeoutMs: 60_000, everyMs: 250 },
  );

describe('calls go on', () => {
  it('and new ones are taken while no operator runs', async () => {
    const call = await place(world, SALES);
    await world.cluster.kubectl(['-n', NAMESPACE, 'scale', 'deployment/trunkline-operator', '--replicas=0']);
    await world.cluster.kubectl(['-n', NAMESPACE, 'wait', '--for=delete', 'pod', '-l', 'app.kubernetes.io/component=operator', '--timeout=60s']);
    try {
      await hears(call, PBXS.alpha, 1);
      const next = await place(world, SUPPORT);
      await hears(next, PBXS.beta, 1);
      await Promise.all([hangUp(call), hangUp(next)]);
    } finally {
      await world.cluster.kubectl(['-n', NAMESPACE, 'scale', 'deployment/trunkline-operator', '--replicas=2']);
      await world.cluster.kubectl(['-n', NAMESPACE, 'rollout', 'status', 'deployment/trunkline-operator', '--timeout=60s']);
    }
    await apply(world.cluster, [routeManifest('sales', ['sales'], PBXS.alpha.uri.replace('desk', 'other'))], NAMESPACE);
    await apply(world.cluster, [routeManifest('sales', ['sales'], PBXS.alpha.uri)], NAMESPACE);
    await waitForCondition(world.client, { kind: kinds.srt, namespace: NAMESPACE, name: 'sales', type: 'Programmed' });
  });

  it('when the Secret that the proxies read is lost while no operator runs, even while Meta is away', async () => {
    await world.cluster.kubectl(['-n', NAMESPACE, 'scale', 'deployment/trunkline-operator', '--replicas=0']);
    await world.cluster.kubectl(['-n', NAMESPACE, 'wait', '--for=delete', 'pod', '-l', 'app.kubernetes.io/component=operator', '--timeout=60s']);
    await world.client.delete(SECRET, { namespace: NAMESPACE, name: 'default-snapshot' });
    await world.meta.graph.stop();
    try {
      await world.cluster.kubectl(['-n', NAMESPACE, 'scale', 'deployment/trunkline-operator', '--replicas=2']);
      const lost = { kind: kinds.sgw, namespace: NAMESPACE, name: 'default', type: 'Programmed', reason: 'Applying', timeoutMs: 60_000 };
      expect((await waitForCondition(world.client, lost)).message).toContain('Secret "default-snapshot" was lost');
      await waitForCondition(world.client, { kind: kinds.wan, namespace: NAMESPACE, name: 'sales', type: 'SettingsSynced', reason: 'MetaUnavailable', timeoutMs: 60_000 });
      const call = await place(world, SALES);
      await hears(call, PBXS.alpha, 1);
      await hangUp(call);
    } finally {
      await world.meta.graph.start();
      await world.cluster.kubectl(['-n', NAMESPACE, 'rollout', 'status', 'deployment/trunkline-operator', '--timeout=60s']);
    }
    await waitForCondition(world.client, { kind: kinds.sgw, namespace: NAMESPACE, name: 'default', type: 'Ready', timeoutMs: 120_000 });
    const next = await place(world, SALES);
    await hears(next, PBXS.alpha, 1);
    await hangUp(next);
  });

  it('when the agent is killed, and everything is programmed again', async () => {
    const call = await place(world, SALES);
    await killContainer(world, 'agent');
    await hears(call, PBXS.alpha, 1);
    const next = await placeSoon();
    await hears(next, PBXS.alpha, 1);
    await Promise.all([hangUp(call), hangUp(next)]);
    await gatewayIs('Programmed');
    await gatewayIs('Ready');
  });

  it('when the proxy is killed: audio is not interrupted, new calls come in, and old ones can be ended by both', async () => {
    const [mine, theirs] = [await place(world, SALES), await place(world, SUPPORT)];
    await killContainer(world, 'kamailio');
    await Promise.all([hears(mine, PBXS.alpha, 1), hears(theirs, PBXS.beta, 1)]);
    const next = await placeSoon();
    await hears(next, PBXS.alpha, 1);
    await hangUp(next);
    await hangUp(mine);
    await world.cluster.kubectl(['-n', 'pbx', 'rollout', 'restart', 'deployment/beta']);
    expect(await theirs.ended).toMatchObject({ by: 'business' });
    expectClean(theirs);
    await world.cluster.kubectl(['-n', 'pbx', 'rollout', 'status', 'deployment/beta', '--timeout=60s']);
    await gatewayIs('Programmed');
    await gatewayIs('Ready');
  });

  it('when a proxy is gone with its pod: the PBX, which is in the cluster, ends its calls by another one', async () => {
    const call = await place(world, SUPPORT);
    await hears(call, PBXS.beta, 1);
    const [gone] = await podsOf(world, 'proxy');
    await world.cluster.kubectl(['-n', NAMESPACE, 'delete', 'pod', gone?.metadata.name ?? '', '--grace-period=1']);
    await waitFor('another proxy', async () => (await podsOf(world, 'proxy')).some(({ metadata }) => metadata.uid !== gone?.metadata.uid));
    await gatewayIs('Ready');
    await hears(call, PBXS.beta, 1);
    await world.cluster.kubectl(['-n', 'pbx', 'rollout', 'restart', 'deployment/beta']);
    expect(await call.ended).toMatchObject({ by: 'business' });
    expectClean(call);
    await world.cluster.kubectl(['-n', 'pbx', 'rollout', 'status', 'deployment/beta', '--timeout=60s']);
    await settled(world);
  });

  it('not when the media pod is gone: both ends are told that the call is over, another pod takes its place and new calls', async () => {
    const given = await talk(world, 'pod-gone', { codecs: ['opus'] });
    const { call, desk } = given;
    await bothHear(given);
    // Of a call that nobody has counted yet nobody knows the ends.
    await counted();
    const before = (await podsOf(world, 'media')).find(({ status }) => status.podIP === relayOf(call));
    await world.cluster.kubectl(['-n', NAMESPACE, 'delete', 'pod', before?.metadata.name ?? '', '--grace-period=1']);
    expect(await call.ended).toMatchObject({ by: 'business' });
    expectClean(call);
    const bye = await waitFor('the desk to be told', () => desk.requests.find(({ method }) => method === 'BYE'));
    expect(header(bye, 'Reason')).toBe('Q.850;cause=41;text="Media Relay Lost"');
    expect(await lostCalls()).toBeGreaterThanOrEqual(1);
    desk.close();
    await remove(world, 'pod-gone');
    const next = await placeSoon();
    await hears(next, PBXS.alpha, 1);
    await hangUp(next);
    await settled(world);
  });
});

describe('an API server that is killed and comes back during edits', () => {
  const user = async (): Promise<string | null | undefined> => {
    const found = secret.parse(await world.client.get(SECRET, { namespace: NAMESPACE, name: 'default-snapshot' }));
    return entryOf(new Unpacker().unpack(found.data), 'sales')?.routes[0]?.destinations[0]?.user;
  };

  it('costs no call and loses no edit', async () => {
    const call = await place(world, SALES);
    const edit = (i: number) => world.client.apply(kinds.srt, { ...routeManifest('sales', ['sales'], `sip:u${i}@alpha.pbx.svc.cluster.local`), metadata: { name: 'sales', namespace: NAMESPACE } });
    for (let i = 0; i < 10; i += 1) await edit(i);
    await world.cluster.kill('kube-apiserver', 'SIGKILL');
    await hears(call, PBXS.alpha, 1);
    const during = await place(world, SUPPORT);
    await world.cluster.start('kube-apiserver');
    for (let i = 10; i < 20; i += 1) {
      await waitFor(`edit ${i}`, () => edit(i).then(() => true, () => false), { timeoutMs: 30_000 });
    }
    await waitFor('the last edit to be in the snapshot', async () => (await user()) === 'u19');
    await waitForCondition(world.client, { kind: kinds.srt, namespace: NAMESPACE, name: 'sales', type: 'Programmed' });
    await apply(world.cluster, [routeManifest('sales', ['sales'], PBXS.alpha.uri)], NAMESPACE);
    await waitForCondition(world.client, { kind: kinds.srt, namespace: NAMESPACE, name: 'sales', type: 'Programmed' });
    await hears(call, PBXS.alpha, 1);
    await hears(during, PBXS.beta, 1);
    await Promise.all([hangUp(call), hangUp(during)]);
    await gatewayIs('Ready');
  });
});
