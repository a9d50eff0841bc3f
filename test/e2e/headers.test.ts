// SPDX-License-Identifier: Apache-2.0
// What a destination is told of a call, and what never reaches it.
import { beforeAll, describe, expect, it } from 'vitest';
import { header, type Header } from '../meta/sip/message.ts';
import { uriOf } from '../meta/sip/uri.ts';
import { known, remove, told } from './numbers.ts';
import { apply } from '../stage/install.ts';
import { numberManifest, routeManifest } from './manifests.ts';
import { Refuser } from './refuser.ts';
import { NAMESPACE, theWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

/** Headers by which somebody outside could give a destination orders, or pass for somebody else there. */
const FORGED: Header[] = [
  'X-App-ID',
  'X-Webhook-URL',
  'x-webhook-secret',
  'X-Forwarded-For',
  'X-Subspace-Forwarded-For',
  'X-Application-Sid',
  'X-Account-Sid',
  'X-Authenticated-User',
  'X-WA-Route',
  'X-WA-Context-Token',
  'P-Asserted-Identity',
  'P-Preferred-Identity',
  'Remote-Party-ID',
  'Diversion',
  'History-Info',
  'Replaces',
  'Join',
].map((name) => ({ name, value: '<sip:forged@example.com>' }));

const KEPT: Header[] = [
  { name: 'x-wa-meta-cta-payload', value: 'order=17;blue' },
  { name: 'X-WA-Meta-Deeplink-Payload', value: 'spring' },
  { name: 'x-wa_meta-parent-user-id', value: 'GB.9' },
];

describe('a destination', () => {
  it('is told who calls whom by which route, with all that Meta says, and nothing that it might obey', async () => {
    const refuser = await Refuser.open({ code: 486, reason: 'Busy Here' });
    const number = known(world, 'told');
    await apply(world.cluster, [numberManifest(number), routeManifest('told', ['told'], refuser.uri)], NAMESPACE);
    await told(world, 'wan', 'told', { type: 'Ready' });
    const call = await world.meta.call({ to: number.phoneNumber, from: '+4915550007777', headers: [...KEPT, ...FORGED] });
    expect(call.result).toEqual({ kind: 'refused', status: 486, reason: 'Busy Here' });
    const [invite] = refuser.invites;
    if (!invite) throw new Error('the destination was sent no INVITE');
    const sent = call.journal.invites.at(-1);
    const wacid = sent && header(sent, 'x-wa-meta-wacid');
    expect(invite.headers.filter(({ name }) => name.startsWith('X-WA-') && !/meta/i.test(name))).toEqual([
      { name: 'X-WA-Wacid', value: wacid },
      { name: 'X-WA-From', value: '+4915550007777' },
      { name: 'X-WA-To', value: number.phoneNumber },
      { name: 'X-WA-Route', value: `${NAMESPACE}/told` },
    ]);
    expect(KEPT.map(({ name }) => ({ name, value: header(invite, name) }))).toEqual(KEPT);
    expect(invite.headers.filter(({ value }) => value.includes('forged'))).toEqual([]);
    expect(header(invite, 'X-FB-External-Domain')).toBeUndefined();
    refuser.close();
    await remove(world, 'told');
  });

  it('is told more and less as its route says, and the one after it nothing of that', async () => {
    const [first, second] = [await Refuser.open({ code: 486, reason: 'Busy Here' }), await Refuser.open({ code: 486, reason: 'Busy Here' })];
    const number = known(world, 'ruled');
    const rules = { set: [{ name: 'X-App-ID', value: 'bank' }], remove: ['X-WA-META-CTA-PAYLOAD', 'x-wa-from'] };
    const destinations = [{ uri: first.uri, fromHost: 'Gateway', headers: rules }, { uri: second.uri, priority: 1 }];
    const route = { ...routeManifest('ruled', [], ''), spec: { numbers: [{ name: 'ruled' }], destinations, failover: { on: ['Busy'] } } };
    await apply(world.cluster, [numberManifest(number), route], NAMESPACE);
    await told(world, 'wan', 'ruled', { type: 'Ready' });
    await world.meta.call({ to: number.phoneNumber, from: '+4915550007777', headers: KEPT });
    const seen = [...first.invites, ...second.invites].map((invite) =>
      ['From', 'X-App-ID', 'x-wa-meta-cta-payload', 'X-WA-From', 'X-WA-To'].map((name) => name === 'From' ? uriOf(header(invite, name) ?? '') : header(invite, name)),
    );
    expect(seen).toEqual([
      ['sip:+4915550007777@sip.example.com', 'bank', undefined, undefined, number.phoneNumber],
      ['sip:+4915550007777@wa.meta.vc', undefined, 'order=17;blue', '+4915550007777', number.phoneNumber],
    ]);
    first.close();
    second.close();
    await remove(world, 'ruled');
  });

  it('is told the id of a user who hides the number', async () => {
    const refuser = await Refuser.open({ code: 486, reason: 'Busy Here' });
    const number = known(world, 'hidden');
    await apply(world.cluster, [numberManifest(number), routeManifest('hidden', ['hidden'], refuser.uri)], NAMESPACE);
    await told(world, 'wan', 'hidden', { type: 'Ready' });
    await world.meta.call({ to: number.phoneNumber, from: 'GB.13491208655302741918', userId: 'GB.13491208655302741918' });
    const [invite] = refuser.invites;
    expect(invite && header(invite, 'X-WA-From')).toBe('GB.13491208655302741918');
    refuser.close();
    await remove(world, 'hidden');
  });
});
