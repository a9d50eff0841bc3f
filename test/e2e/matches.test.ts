// SPDX-License-Identifier: Apache-2.0
// Several routes of a number: which of them takes a call.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAYS } from '../../operator/api/hours.ts';
import type { CallOptions } from '../meta/sip/outcome.ts';
import { apply } from '../stage/install.ts';
import { numberManifest, routeManifest } from './manifests.ts';
import { known, kubectl, read, remove, told } from './numbers.ts';
import { Refuser } from './refuser.ts';
import { hangUp, hears, place } from './talk.ts';
import { NAMESPACE, PBXS, theWorld, type Line, type World } from './world.ts';

let world: World;
let refuser: Refuser;
let number: Line;

/** Days around this one, so that the test may run at midnight. */
const THESE_DAYS = [-1, 0, 1].map((days) => ({ date: new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10) }));
const always = { timeZone: 'Asia/Kathmandu', weekly: DAYS.map((day) => ({ day, open: '00:00', close: '24:00' })) };

const MATCHES: Record<string, object> = {
  closed: { match: { hours: { ...always, holidays: THESE_DAYS } } },
  british: { match: { countries: ['GB'] } },
  button: { match: { callToAction: ['order=17;*'] } },
  link: { match: { deepLink: ['spring sale', 'summer*'], hours: always } },
  hidden: { match: { callers: ['IE.*'] }, priority: 1 },
  irish: { match: { countries: ['IE'] }, priority: 2 },
  american: { match: { callers: ['+1*'] }, priority: 2 },
};

/** A route whose calls go to a user of its own name. */
const routeOf = (name: string, spec: object): object => ({
  ...routeManifest(name, [], ''),
  spec: { numbers: [{ name: 'matched' }], destinations: [{ uri: refuser.uri.replace('desk', name) }], ...spec },
});

beforeAll(async () => {
  world = await theWorld();
  refuser = await Refuser.open({ code: 486, reason: 'Busy Here' });
  number = known(world, 'matched');
  const routes = Object.entries(MATCHES).map(([name, spec]) => routeOf(name, spec));
  await apply(world.cluster, [numberManifest(number), ...routes], NAMESPACE);
  for (const name of Object.keys(MATCHES)) await told(world, 'srt', name, { type: 'Ready' });
  await told(world, 'wan', 'matched', { type: 'Ready' });
});

afterAll(async () => {
  refuser.close();
  await kubectl(world, 'delete', 'srt', ...Object.keys(MATCHES), '--ignore-not-found');
  await remove(world, 'matched');
});

describe('of several routes of a number, a call takes', () => {
  it.each<[string, Partial<CallOptions>, string]>([
    ['that of the country which Meta tells', { from: '+15550007777', headers: [{ name: 'x-wa-meta-country-code', value: 'GB' }] }, 'british'],
    ['that of the country which the number tells', { from: '+447700900123' }, 'british'],
    ['that of the button, whatever the payload ends in', { headers: [{ name: 'X-WA-Meta-CTA-Payload', value: 'order=17;"blue" é' }] }, 'button'],
    ['that of the link, while it has hours', { headers: [{ name: 'x-wa-meta-deeplink-payload', value: 'summer of 26' }] }, 'link'],
    ['that of a user who hides the number, before a later one that also fits', { from: 'IE.13491208655302741918', userId: 'IE.13491208655302741918' }, 'hidden'],
    ['the later one where the first does not fit', { from: '+35315550123' }, 'irish'],
    ['that of the caller', { from: '+14165550100', headers: [{ name: 'x-wa-meta-cta-payload', value: 'order=17' }] }, 'american'],
  ])('%s', async (_, options, user) => {
    await world.meta.call({ to: number.phoneNumber, ...options });
    const taken = refuser.invites.at(-1);
    expect(taken?.uri).toContain(`sip:${user}@`);
    expect(taken?.headers).toContainEqual({ name: 'X-WA-Route', value: `${NAMESPACE}/${user}` });
  });

  it('none where no match is met, and is told so', async () => {
    const before = refuser.invites.length;
    const call = await world.meta.call({ to: number.phoneNumber, from: '+4915550007777' });
    expect(call.result).toEqual({ kind: 'refused', status: 480, reason: 'No Route For This Call' });
    expect(refuser.invites).toHaveLength(before);
  });

  it('the one without a match where there is one, with audio; and the routes tell how they stand', async () => {
    await apply(world.cluster, [routeManifest('rest', ['matched'], PBXS.beta.uri), routeOf('shadowed', { match: { countries: ['DE'] }, priority: 9 })], NAMESPACE);
    await told(world, 'srt', 'rest', { type: 'Ready' });
    const call = await place(world, number, { from: '+4915550007777' });
    await hears(call, PBXS.beta, 1);
    await hangUp(call);
    expect(await told(world, 'srt', 'shadowed', { type: 'Accepted', reason: 'Conflict' })).toContain('route "rest" comes first for "matched"');
    const conditions = (await read(world, 'matched')).status?.conditions ?? [];
    expect(conditions.find(({ type }) => type === 'Ready')?.message).toContain('then "rest" through gateway "default"');
    await kubectl(world, 'delete', 'srt', 'rest', 'shadowed');
  });
});
