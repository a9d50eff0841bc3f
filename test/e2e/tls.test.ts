// SPDX-License-Identifier: Apache-2.0
// Destinations that are called by TLS: whom the proxies talk to, and whom they do not.
import { beforeAll, describe, expect, it } from 'vitest';
import { makeAuthority } from '../meta/pki.ts';
import { Desk } from '../pbx/desk.ts';
import { apply } from '../stage/install.ts';
import { STRANGER_ADDRESS } from '../stage/meta.ts';
import { numberManifest, routeManifest } from './manifests.ts';
import { known, remove, told } from './numbers.ts';
import { hangUp, hears, place } from './talk.ts';
import { NAMESPACE, PBXS, theWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

/** A desk by TLS with a certificate for these names, by a number of its own that goes on to beta. */
async function called(name: string, identity: Parameters<typeof Desk.open>[0]['identity']) {
  const desk = await Desk.open({ address: STRANGER_ADDRESS, tone: 1300, codecs: ['PCMA'], identity });
  const number = known(world, name);
  const destinations = [{ uri: desk.uri }, { uri: PBXS.beta.uri, priority: 1 }];
  await apply(world.cluster, [numberManifest(number), { ...routeManifest(name, [], ''), spec: { numbers: [{ name }], destinations } }], NAMESPACE);
  await told(world, 'wan', name, { type: 'Ready' });
  return { desk, number };
}

// Each but the first waits until the proxy gives up.
describe.concurrent('a destination that is called by TLS', () => {
  it('is heard where its certificate is for one of several names, and the call can be ended by either', async () => {
    const { desk, number } = await called('by-tls', await world.inside.issue('pbx.example.com', STRANGER_ADDRESS));
    const call = await place(world, number);
    await hears(call, { name: 'the desk', tone: 1300 }, 1);
    expect((await desk.request('BYE')).status).toBe(200);
    expect((await call.ended).by).toBe('business');
    const second = await place(world, number);
    await hangUp(second);
    desk.close();
    await remove(world, 'by-tls');
  });

  it('keeps its call when its connection is lost, and so does the proxy: whoever speaks next makes another', async () => {
    const { desk, number } = await called('tls-lost', await world.inside.issue(STRANGER_ADDRESS));
    const call = await place(world, number);
    desk.disconnect();
    expect((await desk.reinvite()).status).toBe(200);
    await hears(call, { name: 'the desk', tone: 1300 }, 1);
    desk.disconnect();
    await hangUp(call);
    desk.close();
    await remove(world, 'tls-lost');
  });

  it.each(['198.19.255.99', 'pbx.example.com'])('is as good as silent with a certificate for %s', async (name) => {
    const wrong = `tls-${name.split('.')[0]}`;
    const { desk, number } = await called(wrong, await world.inside.issue(name));
    const call = await place(world, number);
    await hears(call, PBXS.beta, 1);
    await hangUp(call);
    desk.close();
    await remove(world, wrong);
  });

  it('is sent nothing where nobody vouches for its certificate', async () => {
    const { desk, number } = await called('tls-stranger', await (await makeAuthority('Somebody')).issue(STRANGER_ADDRESS));
    const call = await place(world, number);
    expect(desk.isCalled).toBe(false);
    await hears(call, PBXS.beta, 1);
    await hangUp(call);
    desk.close();
    await remove(world, 'tls-stranger');
  });
});
