// SPDX-License-Identifier: Apache-2.0
// Every preset against a peer that behaves as its product does, by the route that the product's page shows.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { firstNode } from '../cluster/addresses.ts';
import { header, listHeader, type Header } from '../meta/sip/message.ts';
import { Desk } from '../pbx/desk.ts';
import { PRODUCTS } from '../pbx/products.ts';
import { buildSipProxy } from '../pbx/sipproxy.ts';
import { apply } from '../stage/install.ts';
import { ACCOUNT, STRANGER_ADDRESS } from '../stage/meta.ts';
import { bothHear } from './inside.ts';
import { numberManifest } from './manifests.ts';
import { known, kubectl, remove, told } from './numbers.ts';
import { seen } from './office.ts';
import { podsOf } from './pods.ts';
import { hangUp, hears, place, USER_TONE } from './talk.ts';
import { line, NAMESPACE, PBX_NAMESPACE, PBXS, theWorld, type Line, type World } from './world.ts';

const DESK_TONE = 1300;
const INSIDE = 'default-inside.trunkline.svc.cluster.local';

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

const page = (name: string): string => readFileSync(join(import.meta.dirname, '../../docs/destinations', `${name}.md`), 'utf8');
const blocks = (text: string, language: string): string[] => [...text.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, block = '']) => block);

const inbound = z.looseObject({ spec: z.looseObject({ destinations: z.array(z.looseObject({ uri: z.string() })).length(1) }) });
const outbound = z.looseObject({ spec: z.looseObject({ direction: z.literal('Outbound'), sources: z.looseObject({ networks: z.array(z.string()).length(1) }) }) });

let lines = 0;

/** A live number whose routes are those of a page, with its hosts and networks replaced. */
async function asWritten(name: string, { host, network }: { host: string; network: string }): Promise<Line> {
  const number = line(`at-${name}`, `+4420794602${String((lines += 1)).padStart(2, '0')}`);
  world.meta.addNumber({ ...number, businessAccountID: ACCOUNT, countryCode: 'GB' });
  const numbers = [{ name: number.name }];
  const written = blocks(page(name), 'yaml').map((text): unknown => parse(text));
  const ins = written.flatMap((each) => inbound.safeParse(each).data ?? []).map(({ spec, ...route }) => {
    const destinations = spec.destinations.map((each) => ({ ...each, uri: each.uri.replace(/^(sip:(?:[^@]*@)?)[^;]+/, `$1${host}`) }));
    return { ...route, metadata: { name: number.name }, spec: { ...spec, numbers, destinations } };
  });
  const outs = written.flatMap((each) => outbound.safeParse(each).data ?? []).map(({ spec, ...route }) => ({
    ...route,
    metadata: { name: outOf(number) },
    spec: { ...spec, numbers, sources: { ...spec.sources, networks: [network] } },
  }));
  await apply(world.cluster, [numberManifest(number), ...ins, ...outs], NAMESPACE);
  await told(world, 'wan', number.name, { type: 'Ready' });
  for (const { metadata } of [...ins, ...outs]) await told(world, 'srt', metadata.name, { type: 'Ready' });
  return number;
}

const proxyAddress = async (): Promise<string> => (await podsOf(world, 'proxy'))[0]?.status.podIP ?? '';

const outOf = ({ name }: Line): string => `${name}-out`;

/** A desk calls a user by the address that the pages name, or by something that passes the call on there. */
async function callsUser(desk: Desk, number: Line, { host, by = INSIDE, transport }: { host: string; by?: string; transport?: 'TLS' }): Promise<void> {
  const to = number.phoneNumber.replace('+4420794602', '+4477009006');
  world.meta.addUser({ phoneNumber: to, tone: USER_TONE });
  world.meta.permit(number.phoneNumberID, to, 'permanent');
  const response = await desk.dial({ to, from: number.phoneNumber, proxy: { host, port: transport ? 5063 : 5060 }, by });
  expect([response.status, response.reason]).toEqual([200, 'OK']);
  const address = (await kubectl(world, 'get', 'service', 'default-inside', '-o', 'jsonpath={.spec.clusterIP}')).trim();
  expect(listHeader(response, 'Record-Route').join()).toContain(`<sip:${address}:506`);
  const call = seen(world, to);
  await bothHear({ desk, call });
  await hangUp(call);
}

/** What somebody outside could try to be obeyed by. */
const FORGED: Header[] = ['X-App-ID', 'X-Webhook-URL', 'X-Webhook-Secret', 'X-Forwarded-For', 'X-Application-Sid', 'X-Account-Sid', 'X-Authenticated-User'].map(
  (name) => ({ name, value: 'forged' }),
);

describe.concurrent('a destination set up as its page says', () => {
  it.each(Object.entries(PRODUCTS))('takes calls as %s does, is heard, does in the call what that does, and calls users as its page says', async (preset, product) => {
    const { byTls, transport, codecs, srtp, refuses, passesOn, acts } = product;
    const identity = byTls ? await world.inside.issue(STRANGER_ADDRESS) : undefined;
    const tone = DESK_TONE;
    const desk = await Desk.open({ address: STRANGER_ADDRESS, tone, codecs, ...(srtp ? { srtp } : {}), ...(transport ? { transport } : {}), identity });
    desk.refuses = refuses;
    desk.passesOn = passesOn ?? desk.passesOn;
    const number = await asWritten(preset.toLowerCase(), { host: desk.host, network: `${STRANGER_ADDRESS}/32` });
    const call = await place(world, number, { headers: FORGED });
    await hears(call, { name: preset, tone }, 1);
    const done = await acts(desk);
    expect(done.filter((status) => status !== 200)).toEqual([]);
    await hears(call, { name: preset, tone }, 1, { reports: 'its own' });
    expect(header(desk.invite, 'From')).toContain(call.from);
    await hangUp(call);
    // Whose page is no product's leaves calls to users to the reference.
    if (preset !== 'Generic') await callsUser(desk, number, { host: await proxyAddress(), ...(byTls ? { transport: 'TLS' } : {}) });
    desk.close();
    await remove(world, number.name, outOf(number));
  });
});

describe('a Kamailio of one’s own set up as its page says', () => {
  it('brings a call to the PBX behind it, the end of the call back, and a call of the PBX to a user', async () => {
    const text = page('sip-proxy');
    const { cluster, images } = world;
    const name = 'sip-proxy';
    const [whole = '', out = ''] = blocks(text, 'kamailio');
    const config = whole.replace('    if (!is_method("INVITE")', `${out.replace('10.20.0.0/16', `${STRANGER_ADDRESS}/32`)}    if (!is_method("INVITE")`).replace('sip:pbx.voice.svc.cluster.local:5060', PBXS.alpha.uri.replace('desk@', '')).replace('10.0.0.0/8', firstNode.podCIDR);
    await apply(cluster, buildSipProxy({ namespace: PBX_NAMESPACE, name, image: images.kamailio, config }));
    await cluster.kubectl(['-n', PBX_NAMESPACE, 'rollout', 'status', `deployment/${name}`, '--timeout=60s']);
    const number = await asWritten(name, { host: `${name}.${PBX_NAMESPACE}.svc.cluster.local:5060`, network: firstNode.podCIDR });
    const call = await place(world, number);
    await hears(call, PBXS.alpha, 2);
    await hangUp(call);
    const own = (await cluster.kubectl(['-n', PBX_NAMESPACE, 'get', 'pods', '-l', `app=${name}`, '-o', 'jsonpath={.items[0].status.podIP}'])).trim();
    const desk = await Desk.open({ address: STRANGER_ADDRESS, tone: DESK_TONE, codecs: ['PCMA'], transport: 'TCP' });
    await callsUser(desk, number, { host: own, by: own });
    desk.close();
    await remove(world, number.name, outOf(number));
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
