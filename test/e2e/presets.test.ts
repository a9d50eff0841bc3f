// SPDX-License-Identifier: Apache-2.0
// Every preset against a peer that behaves as its product does, by the route that the product's page shows.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { firstNode } from '../cluster/addresses.ts';
import { header, type Header } from '../meta/sip/message.ts';
import { Desk } from '../pbx/desk.ts';
import { PRODUCTS } from '../pbx/products.ts';
import { buildSipProxy } from '../pbx/sipproxy.ts';
import { apply } from '../stage/install.ts';
import { STRANGER_ADDRESS } from '../stage/meta.ts';
import { numberManifest } from './manifests.ts';
import { known, kubectl, remove, told } from './numbers.ts';
import { hangUp, hears, place } from './talk.ts';
import { NAMESPACE, PBX_NAMESPACE, PBXS, theWorld, type Line, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

const page = (name: string): string => readFileSync(join(import.meta.dirname, '../../docs/destinations', `${name}.md`), 'utf8');
const block = (text: string, language: string): string => new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(text)?.[1] ?? '';

const route = z.looseObject({ spec: z.looseObject({ destinations: z.array(z.looseObject({ uri: z.string() })).length(1) }) });

/** A live number whose route is the one of a page, with its host replaced. */
async function asWritten(name: string, host: string): Promise<Line> {
  const written = route.parse(parse(block(page(name), 'yaml')));
  const number = known(world, `at-${name}`);
  const destinations = written.spec.destinations.map((each) => ({ ...each, uri: each.uri.replace(/^(sip:(?:[^@]*@)?)[^;]+/, `$1${host}`) }));
  const numbers = [{ name: number.name }];
  await apply(world.cluster, [numberManifest(number), { ...written, metadata: { name: number.name }, spec: { ...written.spec, numbers, destinations } }], NAMESPACE);
  await told(world, 'wan', number.name, { type: 'Ready' });
  await told(world, 'srt', number.name, { type: 'Ready' });
  return number;
}

/** What somebody outside could try to be obeyed by. */
const FORGED: Header[] = ['X-App-ID', 'X-Webhook-URL', 'X-Webhook-Secret', 'X-Forwarded-For', 'X-Application-Sid', 'X-Account-Sid', 'X-Authenticated-User'].map(
  (name) => ({ name, value: 'forged' }),
);

describe.concurrent('a destination set up as its page says', () => {
  it.each(Object.entries(PRODUCTS))('takes calls as %s does, is heard, and does in the call what that does', async (preset, product) => {
    const { byTls, transport, codecs, srtp, refuses, passesOn, acts } = product;
    const identity = byTls ? await world.inside.issue(STRANGER_ADDRESS) : undefined;
    const tone = 1300;
    const desk = await Desk.open({ address: STRANGER_ADDRESS, tone, codecs, ...(srtp ? { srtp } : {}), ...(transport ? { transport } : {}), identity });
    desk.refuses = refuses;
    desk.passesOn = passesOn ?? desk.passesOn;
    const number = await asWritten(preset.toLowerCase(), desk.host);
    const call = await place(world, number, { headers: FORGED });
    await hears(call, { name: preset, tone }, 1);
    const done = await acts(desk);
    expect(done.filter((status) => status !== 200)).toEqual([]);
    await hears(call, { name: preset, tone }, 1, { reports: 'its own' });
    expect(header(desk.invite, 'From')).toContain(call.from);
    await hangUp(call);
    desk.close();
    await remove(world, number.name);
  });
});

describe('a Kamailio of one’s own set up as its page says', () => {
  it('brings a call to the PBX behind it, and the end of the call back', async () => {
    const text = page('sip-proxy');
    const { cluster, images } = world;
    const name = 'sip-proxy';
    const config = block(text, 'kamailio').replace('sip:pbx.voice.svc.cluster.local:5060', PBXS.alpha.uri.replace('desk@', '')).replace('10.0.0.0/8', firstNode.podCIDR);
    await apply(cluster, buildSipProxy({ namespace: PBX_NAMESPACE, name, image: images.kamailio, config }));
    await cluster.kubectl(['-n', PBX_NAMESPACE, 'rollout', 'status', `deployment/${name}`, '--timeout=60s']);
    const number = await asWritten(name, `${name}.${PBX_NAMESPACE}.svc.cluster.local:5060`);
    const call = await place(world, number);
    await hears(call, PBXS.alpha, 2);
    await hangUp(call);
    await remove(world, number.name);
    await cluster.kubectl(['-n', PBX_NAMESPACE, 'delete', 'deployment,configmap,service', name]);
  });
});

describe('a route', () => {
  it('shows what its preset gives, and what the spec says otherwise', async () => {
    const number = known(world, 'shown');
    const destinations = [{ uri: 'sip:vb:5060', preset: 'VoiceBlender', probe: 'None', media: { codecs: ['PCMU'] } }];
    const manifest = { apiVersion: 'trunkline.dev/v1alpha1', kind: 'SipRoute', metadata: { name: 'shown' }, spec: { numbers: [{ name: 'shown' }], destinations } };
    await apply(world.cluster, [numberManifest(number), manifest], NAMESPACE);
    await told(world, 'srt', 'shown', { type: 'Programmed' });
    const status = JSON.parse(await kubectl(world, 'get', 'srt', 'shown', '-o', 'jsonpath={.status.destinations}'));
    expect(status).toEqual([
      {
        uri: 'sip:vb:5060',
        address: 'sip:vb:5060;transport=tcp',
        fromHost: 'Gateway',
        probe: 'None',
        media: { encryption: 'None', codecs: ['PCMU'], transcoding: 'Allowed' },
      },
    ]);
    await remove(world, 'shown');
  });
});
