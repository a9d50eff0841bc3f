// SPDX-License-Identifier: Apache-2.0
// Meta's settings of a number: declared, applied, watched, and never anybody else's.
import { beforeAll, describe, expect, it } from 'vitest';
import { apply } from '../stage/install.ts';
import { kinds } from '../stage/kube.ts';
import { APP, TOKEN } from '../stage/meta.ts';
import { waitFor } from '../stage/wait.ts';
import { opusFile } from '../unit/meta-simulator/opus-file.ts';
import { numberManifest, secretManifest } from './manifests.ts';
import { declare, known, kubectl, read, remove, syncNow, told, writesTo } from './numbers.ts';
import { hangUp, hears, place } from './talk.ts';
import { NAMESPACE, PBXS, SALES, theWorld, type Line, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

const atMeta = ({ phoneNumberID }: Line) => world.meta.number(phoneNumberID);
const events = (name: string): Promise<string> => kubectl(world, 'get', 'events', '--field-selector', `involvedObject.name=${name}`, '-o', 'jsonpath={range .items[*]}{.reason}: {.message}{"\\n"}{end}');
const eventOf = (name: string, words: string): Promise<string | undefined> =>
  waitFor(`an Event about "${words}"`, async () => (await events(name)).split('\n').find((text) => text.includes(words)));

const said = async ({ name }: Line, type: string): Promise<string | undefined> =>
  (await read(world, name)).status?.conditions?.find((condition) => condition.type === type)?.message;

const everything = {
  icon: { visibility: 'Shown', countries: ['IE', 'GB'] },
  callbackPermission: 'Enabled',
  hours: {
    timeZone: 'Europe/London',
    weekly: [{ day: 'Monday', open: '09:00', close: '17:30' }],
    holidays: [{ date: '2020-12-25', open: '00:00', close: '23:59' }, { date: '2099-12-25', open: '00:00', close: '23:59' }],
  },
  requestURIParameters: { tgrp: 'wa' },
  additionalCodecs: ['PCMA'],
  webhookDelivery: 'Enabled',
  voicemail: { triggers: ['Timeout'], timeoutSeconds: 20, announcementRef: { name: 'hello', key: 'hello.ogg' } },
};

describe('a number', () => {
  it('gets every setting that it declares, its announcement uploaded, past holidays left out, and nothing else touched', async () => {
    const number = known(world, 'complete');
    const file = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'hello' }, binaryData: { 'hello.ogg': opusFile(3).toString('base64') } };
    await apply(world.cluster, [file], NAMESPACE);
    await declare(world, number, { calling: everything });
    await told(world, 'wan', number.name, { type: 'Ready' });
    expect(await told(world, 'wan', number.name, { type: 'SettingsSynced' })).toContain('past holidays are left out: 2020-12-25');
    const { calling, servers } = atMeta(number);
    expect(calling).toMatchObject({
      status: 'ENABLED',
      call_icons: { restrict_to_user_countries: ['GB', 'IE'] },
      callback_permission_status: 'ENABLED',
      call_hours: { timezone_id: 'Europe/London', holiday_schedule: [{ date: '2099-12-25' }] },
      srtp_key_exchange_protocol: 'SDES',
      audio: { additional_codecs: ['PCMA'] },
      voicemail: { status: 'ENABLED', triggers: ['TIMEOUT'] },
    });
    expect(servers).toMatchObject([{ appId: APP, hostname: 'sip.example.com', requestUriUserParams: { tgrp: 'wa' } }]);
    const call = await place(world, number);
    await hears(call, PBXS.beta, 1);
    await hangUp(call);
    const written = writesTo(world, number).length;
    await syncNow(world, number.name);
    await waitFor('the look to be over', async () => (await read(world, number.name)).metadata.annotations?.['trunkline.dev/sync'] === undefined);
    expect(writesTo(world, number)).toHaveLength(written);
  });

  it('is switched on at Meta only once calls to it would be answered', async () => {
    const number = known(world, 'routeless');
    await apply(world.cluster, [numberManifest(number)], NAMESPACE);
    await waitFor('what is missing to be told', async () =>
      (await said(number, 'SettingsSynced'))?.includes('status is DISABLED, declared ENABLED; written once a SipRoute names number "routeless"'));
    expect(atMeta(number).calling.status).not.toBe('ENABLED');
    await declare(world, number);
    await told(world, 'wan', number.name, { type: 'Ready' });
    expect(atMeta(number).calling.status).toBe('ENABLED');
    await remove(world, number.name);
  });

  it('that takes calls elsewhere is switched over only once calls would be answered here, with the password known before', async () => {
    const number = known(world, 'mover');
    world.meta.changeSettings(number.phoneNumberID, { status: 'ENABLED', sip: { status: 'ENABLED', servers: [{ hostname: 'old.example.com', port: 5061 }] } }, { appId: APP });
    await apply(world.cluster, [numberManifest(number)], NAMESPACE);
    await waitFor('what is missing to be told', async () =>
      (await said(number, 'SettingsSynced'))?.endsWith('written once a SipRoute names number "mover"'));
    expect(await said(number, 'SettingsSynced')).toContain('sip.servers is old.example.com:5061');
    expect(atMeta(number).servers).toMatchObject([{ hostname: 'old.example.com' }]);
    await declare(world, number);
    await told(world, 'wan', number.name, { type: 'Ready' });
    expect(atMeta(number).servers).toMatchObject([{ hostname: 'sip.example.com' }]);
    await remove(world, number.name);
  });

  it('that is only observed shows the difference and is left as it is', async () => {
    const number = known(world, 'observed');
    world.meta.changeSettings(number.phoneNumberID, { status: 'ENABLED', sip: { status: 'ENABLED', servers: [{ hostname: 'sip.example.com', port: 5061 }] }, srtp_key_exchange_protocol: 'SDES', call_icon_visibility: 'DISABLE_ALL' }, { appId: APP });
    await declare(world, number, { management: 'Observe', calling: { icon: { visibility: 'Shown' } } });
    expect(await told(world, 'wan', number.name, { type: 'SettingsSynced', reason: 'Observing' })).toContain('call_icon_visibility is DISABLE_ALL, declared DEFAULT');
    // The icon keeps no call away.
    await told(world, 'wan', number.name, { type: 'Ready' });
    expect(writesTo(world, number)).toEqual([]);
    await declare(world, number, { management: 'Manage', calling: { icon: { visibility: 'Shown' } } });
    await told(world, 'wan', number.name, { type: 'SettingsSynced' });
    expect(writesTo(world, number)).toEqual([{ calling: { call_icon_visibility: 'DEFAULT' } }]);
    await remove(world, number.name);
  });

  it('that somebody changed at Meta says what, and is put right', async () => {
    const number = known(world, 'drifter');
    await declare(world, number, { calling: { callbackPermission: 'Enabled' } });
    await told(world, 'wan', number.name, { type: 'Ready' });
    world.meta.changeSettings(number.phoneNumberID, { callback_permission_status: 'DISABLED', srtp_key_exchange_protocol: 'DTLS' });
    await syncNow(world, number.name);
    const message = await told(world, 'wan', number.name, { type: 'Drifted', reason: 'DriftCorrected' });
    expect(message).toContain('srtp_key_exchange_protocol is DTLS, declared SDES; callback_permission_status is DISABLED, declared ENABLED; put right');
    expect(atMeta(number).calling).toMatchObject({ callback_permission_status: 'ENABLED', srtp_key_exchange_protocol: 'SDES' });
    await eventOf(number.name, 'DriftCorrected: changed by somebody, put right');
    await remove(world, number.name);
  });

  it('whose drift is to be reported only leaves it and goes on showing it', async () => {
    const number = known(world, 'reporter');
    await declare(world, number, { driftPolicy: 'Report', calling: { callbackPermission: 'Enabled' } });
    await told(world, 'wan', number.name, { type: 'Ready' });
    const written = writesTo(world, number).length;
    world.meta.changeSettings(number.phoneNumberID, { callback_permission_status: 'DISABLED' });
    await syncNow(world, number.name);
    expect(await told(world, 'wan', number.name, { type: 'Drifted', reason: 'DriftLeft' })).toContain('callback_permission_status is DISABLED');
    await told(world, 'wan', number.name, { type: 'Ready' });
    expect(writesTo(world, number)).toHaveLength(written);
    await remove(world, number.name);
  });

  it('leaves another app’s server alone and says that it is there', async () => {
    const number = known(world, 'shared');
    world.meta.addForeignServer(number.phoneNumberID, { appId: '700000000000099', hostname: 'other.example.net' });
    await declare(world, number);
    const message = await told(world, 'wan', number.name, { type: 'OnlyServer', reason: 'ForeignServer' });
    expect(message).toContain('Meta also dials other.example.net:5061 of app 700000000000099');
    await told(world, 'wan', number.name, { type: 'Ready' });
    expect(atMeta(number).servers.map(({ hostname }) => hostname).toSorted()).toEqual(['other.example.net', 'sip.example.com']);
    await remove(world, number.name);
  });

  it('without a readable announcement says what is wrong with it, and takes calls all the same', async () => {
    const number = known(world, 'mute');
    const file = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'mute' }, binaryData: { 'hello.ogg': Buffer.from('RIFF').toString('base64') } };
    await apply(world.cluster, [file], NAMESPACE);
    await declare(world, number, { calling: { voicemail: { triggers: ['Reject'], announcementRef: { name: 'mute', key: 'hello.ogg' } } } });
    expect(await told(world, 'wan', number.name, { type: 'SettingsSynced', reason: 'AnnouncementMissing' })).toContain('it is no Ogg file');
    await told(world, 'wan', number.name, { type: 'Ready' });
    await remove(world, number.name);
  });

  it('with a time zone that there is not says so', async () => {
    const number = known(world, 'nowhere');
    await declare(world, number, { calling: { hours: { ...everything.hours, timeZone: 'Europe/Nowhere' } } });
    expect(await told(world, 'wan', number.name, { type: 'Ready', reason: 'InvalidTimeZone' })).toContain('"Europe/Nowhere" is not known');
    await remove(world, number.name);
  });
});

describe('a SIP password', () => {
  it('is rotated on demand once the number has no calls, and the next call is served', async () => {
    const number = known(world, 'rotator');
    await declare(world, number);
    await told(world, 'wan', number.name, { type: 'Ready' });
    const before = world.meta.sipPassword(number.phoneNumberID, APP);
    const call = await place(world, number);
    await kubectl(world, 'annotate', 'wan', number.name, 'trunkline.dev/rotate-sip-password=now');
    await waitFor('the wait to be told', async () => (await said(number, 'PasswordRotated'))?.includes('has 1 call; the password is changed once it has none'));
    await hears(call, PBXS.beta, 1);
    expect(world.meta.sipPassword(number.phoneNumberID, APP)).toBe(before);
    await hangUp(call);
    await waitFor('a new password', () => {
      const now = world.meta.sipPassword(number.phoneNumberID, APP);
      return now !== undefined && now !== before && atMeta(number).calling.status === 'ENABLED';
    });
    const next = await place(world, number);
    await hears(next, PBXS.beta, 1);
    await hangUp(next);
    await told(world, 'wan', number.name, { type: 'Ready' });
    await remove(world, number.name);
  });

  it('that was changed at Meta is read again after a few refused calls', async () => {
    const number = known(world, 'changed');
    await declare(world, number);
    await told(world, 'wan', number.name, { type: 'Ready' });
    world.meta.rotateSipPassword(number.phoneNumberID, APP);
    const call = await waitFor(
      'a call to be answered again',
      async () => {
        const attempt = await world.meta.call({ to: number.phoneNumber, tone: 440 });
        return attempt.result?.kind === 'answered' && attempt;
      },
      { timeoutMs: 60_000, everyMs: 500 },
    );
    await hears(call, PBXS.beta, 1);
    await hangUp(call);
    await remove(world, number.name);
  });
});

describe('deleting a number', () => {
  it('leaves Meta’s settings as they are', async () => {
    const number = known(world, 'retained');
    await declare(world, number);
    await told(world, 'wan', number.name, { type: 'Ready' });
    await remove(world, number.name);
    expect(atMeta(number).calling.status).toBe('ENABLED');
  });

  it('switches calling off where it says so, and says why where it cannot', async () => {
    const number = known(world, 'disabled');
    await apply(world.cluster, [secretManifest('own', { token: TOKEN })], NAMESPACE);
    await declare(world, number, { deletionPolicy: 'Disable', accessTokenRef: { name: 'own', key: 'token' } });
    await told(world, 'wan', number.name, { type: 'Ready' });
    await apply(world.cluster, [secretManifest('own', { token: 'NOT-A-TOKEN' })], NAMESPACE);
    await world.client.delete(kinds.wan, { namespace: NAMESPACE, name: number.name });
    await eventOf(number.name, 'to delete the number all the same, set spec.deletionPolicy to Retain');
    expect(atMeta(number).calling.status).toBe('ENABLED');
    await apply(world.cluster, [secretManifest('own', { token: TOKEN })], NAMESPACE);
    await waitFor('the number to be gone', async () => (await world.client.find(kinds.wan, { namespace: NAMESPACE, name: number.name })) === undefined);
    expect(atMeta(number).calling.status).toBe('DISABLED');
    expect(atMeta(number).servers).toHaveLength(1);
    await remove(world, number.name);
  });
});

describe('a business account', () => {
  it('is subscribed to where that is asked for, with the app’s fields set beside those it had', async () => {
    const account = '102290129340777';
    const number = known(world, 'hooked', { businessAccountID: account });
    const spec = { businessAccountID: account };
    await declare(world, number, spec);
    expect(await told(world, 'wan', number.name, { type: 'WebhookSubscribed', reason: 'NotSubscribed' })).toContain('add spec.webhook');
    await declare(world, number, { ...spec, webhook: {} });
    await told(world, 'wan', number.name, { type: 'WebhookSubscribed' });
    await remove(world, number.name);
  });
});

it('a call of another number was possible all the while', async () => {
  const call = await place(world, SALES);
  await hears(call, PBXS.alpha, 1);
  await hangUp(call);
});
