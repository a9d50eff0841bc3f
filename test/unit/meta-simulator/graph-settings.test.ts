// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Quirks } from '../../meta/graph/settings/quirks.ts';
import { type Client, client, enable, id, record, refused } from './graph-client.ts';
import { appId, type Graph, startGraph } from './graph-https.ts';

const path = `/${id}/settings`;
const hours = {
  status: 'ENABLED', timezone_id: 'Europe/London',
  weekly_operating_hours: [{ day_of_week: 'MONDAY', open_time: '0900', close_time: '1730' }],
  holiday_schedule: [{ date: '2999-12-25', start_time: '0000', end_time: '2359' }],
};

function quirky(quirks: Partial<Quirks>, now?: () => number): Client {
  const graph = client({}, now === undefined ? {} : { now });
  graph.api.quirks = { ...graph.api.quirks, ...quirks };
  return graph;
}

describe('the groups beside calling', () => {
  const write = (graph: Client, body: object) => graph.send('POST', path, { body });

  test('are readable, and each is written alone', async () => {
    const graph = client();
    await graph.post(enable);
    const identity = { user_identity_change: { enable_identity_key_check: true } };
    expect((await write(graph, identity)).body).toEqual({ success: true });
    await write(graph, { payload_encryption: { status: 'ENABLED', cloud_encryption_key: 'k' } });
    await write(graph, { payload_encryption: { client_encryption_key_fingerprint: 'f' } });
    await write(graph, { storage_configuration: { data_localization_region: 'GB' } });
    expect((await graph.get()).body).toMatchObject({
      calling: { status: 'ENABLED', srtp_key_exchange_protocol: 'SDES' },
      ...identity,
      payload_encryption: {
        status: 'ENABLED', cloud_encryption_key: 'k', client_encryption_key_fingerprint: 'f',
      },
      storage_configuration: { status: 'DEFAULT', data_localization_region: 'GB' },
    });
  });

  test('are refused together with calling, and so are none and unknown ones', async () => {
    const graph = client();
    const both = { calling: enable, user_identity_change: { enable_identity_key_check: true } };
    expect(await write(graph, both)).toMatchObject(refused(100, /one feature group.*calling, user_identity_change/));
    expect(await write(graph, {})).toMatchObject(refused(100, /names none/));
    expect(await write(graph, { voicemail: {} })).toMatchObject(refused(100, /Unexpected key "voicemail"/));
    expect(await graph.settings()).toMatchObject({ status: 'DISABLED' });
  });

  test('come with what Meta alone writes: restrictions in force and addresses', async () => {
    let now = 0;
    const type = 'RESTRICTED_USER_INITIATED_CALLING' as const;
    const restriction = { type, reason: 'quality', expiration: 100 };
    const graph = client({ restrictions: [restriction], ipAddresses: ['192.0.2.1'] }, { now: () => now });
    expect(await graph.settings()).toMatchObject({
      restrictions: { restrictions_list: [restriction] }, ip_addresses: { default: ['192.0.2.1'] },
    });
    expect(await graph.post(enable)).toMatchObject(refused(138014, /restriction/));
    now = 100_000;
    expect(await graph.settings()).not.toHaveProperty('restrictions');
    expect((await graph.post(enable)).status).toBe(200);
    for (const readOnly of [{ restrictions: {} }, { ip_addresses: {} }]) {
      expect(await graph.post(readOnly)).toMatchObject(refused(100, /Unexpected key/));
    }
  });

  test('leave video where it was put', async () => {
    const graph = client();
    await graph.post({ video: { status: 'ENABLED' } });
    await graph.post({ call_icon_visibility: 'DISABLE_ALL' });
    expect(await graph.settings()).toMatchObject({ video: { status: 'ENABLED' }, call_icon_visibility: 'DISABLE_ALL' });
  });
});

describe('with a quirk', () => {
  test('of lower case, enums are echoed so and everything else is not', async () => {
    const graph = quirky({ enums: 'lower' });
    await graph.post({
      ...enable, call_hours: hours, audio: { additional_codecs: ['PCMA'] }, call_icons: { restrict_to_user_countries: ['GB'] },
    });
    expect(await graph.settings()).toMatchObject({
      status: 'enabled', call_icon_visibility: 'default', srtp_key_exchange_protocol: 'sdes',
      sip: { status: 'enabled', servers: [{ hostname: 'sip.example.net' }] },
      call_hours: { status: 'enabled', timezone_id: 'Europe/London', weekly_operating_hours: [{ day_of_week: 'monday' }] },
      audio: { additional_codecs: ['PCMA'] }, call_icons: { restrict_to_user_countries: ['GB'] },
    });
  });

  test.each([
    ['HHMM', { date: '2999-12-25', open_time: '0000', close_time: '2359' }],
    ['HH:MM', { date: '2999-12-25', open_time: '00:00', close_time: '23:59' }],
  ] as const)('of holiday keys, holidays have open_time and close_time as %s', async (times, shown) => {
    const graph = quirky({ holidayKeys: 'open_close', times });
    await graph.post({ call_hours: hours });
    expect(record((await graph.settings())['call_hours'])['holiday_schedule']).toEqual([shown]);
    expect((await graph.post({ call_hours: { ...hours, holiday_schedule: [shown] } })).status).toBe(400);
  });

  test('of defaults left out, audio and call_icons show only when they say something', async () => {
    const graph = quirky({ defaultsLeftOut: true });
    await graph.post({ audio: { additional_codecs: [] }, call_icons: { restrict_to_user_countries: [] } });
    const settings = await graph.settings();
    expect(Object.keys(settings)).not.toEqual(expect.arrayContaining(['audio']));
    expect(Object.keys(settings)).not.toEqual(expect.arrayContaining(['call_icons']));
    graph.api.quirks = { ...graph.api.quirks, defaultsLeftOut: false };
    expect(await graph.settings()).toMatchObject({ audio: { additional_codecs: [] }, call_icons: {} });
    graph.api.quirks = { ...graph.api.quirks, defaultsLeftOut: true };
    await graph.post({ audio: { additional_codecs: ['PCMU'] } });
    expect(await graph.settings()).toMatchObject({ audio: { additional_codecs: ['PCMU'] } });
  });

  test('of passwords, they show only while calling and SIP are on', async () => {
    const graph = quirky({ passwordOnlyWhenEnabled: true });
    const shown = async () => (await graph.servers())[0]?.['sip_user_password'];
    await graph.post(enable);
    const password = await shown();
    expect(password).toMatch(/^\S{32}$/);
    await graph.post({ status: 'DISABLED' });
    expect(await shown()).toBeUndefined();
    await graph.post({ sip: { status: 'DISABLED' } });
    expect(await shown()).toBeUndefined();
    await graph.post({ status: 'ENABLED', sip: { status: 'ENABLED' } });
    expect(await shown()).toBe(password);
  });

  test('of visibility, each write shows its own while later', async () => {
    let now = 0;
    const graph = quirky({ visibleAfterMs: 100 }, () => now);
    const shown = async () => {
      const { status, call_icon_visibility: icon } = await graph.settings();
      return [status, icon, (await graph.servers()).length];
    };
    await graph.post(enable);
    now = 60;
    await graph.post({ call_icon_visibility: 'DISABLE_ALL' });
    expect(await shown()).toEqual(['DISABLED', 'DEFAULT', 0]);
    now = 100;
    expect(await shown()).toEqual(['ENABLED', 'DEFAULT', 1]);
    now = 159;
    expect(await shown()).toEqual(['ENABLED', 'DEFAULT', 1]);
    now = 160;
    expect(await shown()).toEqual(['ENABLED', 'DISABLE_ALL', 1]);
  });

  test('of visibility, a write builds on the one before that does not show yet', async () => {
    const graph = quirky({ visibleAfterMs: 100 }, () => 0);
    await graph.post(enable);
    await graph.post({ sip: { webhook_delivery: 'ENABLED' } });
    expect(await graph.settings()).toMatchObject({ status: 'DISABLED' });
    expect(graph.state.number(id)).toMatchObject({
      calling: { status: 'ENABLED', sip: { status: 'ENABLED', webhook_delivery: 'ENABLED' } }, servers: [{ appId: '7001' }],
    });
  });
});

describe('behind the client’s back', () => {
  let graph: Graph;

  beforeAll(async () => { graph = await startGraph(); });
  afterAll(() => graph.close());
  beforeEach(async () => {
    graph.meta.addNumber({ phoneNumberID: id, phoneNumber: '+15550001111', businessAccountID: '2001' });
    await graph.ask('POST', path, { body: { calling: enable } });
  });

  const read = async (): Promise<unknown> => JSON.parse((await graph.ask('GET', path)).text);

  test('a person changes settings, and everything else stays', async () => {
    graph.meta.changeSettings(id, { call_icon_visibility: 'DISABLE_ALL', srtp_key_exchange_protocol: 'DTLS' });
    expect(await read()).toMatchObject({
      calling: {
        status: 'ENABLED', call_icon_visibility: 'DISABLE_ALL', srtp_key_exchange_protocol: 'DTLS',
        sip: { servers: [{ app_id: Number(appId) }] },
      },
    });
  });

  test('a person cannot do what Meta forbids, nor set a server for no app', () => {
    expect(() => graph.meta.changeSettings(id, { sip: { servers: [] } }, { appId })).toThrow(/100/);
    expect(() => graph.meta.changeSettings(id, { sip: { servers: [] } })).toThrow(/give appId/);
    expect(() => graph.meta.changeSettings('9', {})).toThrow(/knows no phone number ID 9/);
  });

  test('another app adds a server of its own after ours, and changes ours if it has our token', async () => {
    graph.meta.addForeignServer(id, { appId: '7002', hostname: 'foreign.example.net' });
    graph.meta.changeSettings(id, { sip: { servers: [{ hostname: 'moved.example.net' }] } }, { appId });
    expect(await read()).toMatchObject({
      calling: {
        sip: {
          servers: [
            { app_id: 7001, hostname: 'moved.example.net' }, { app_id: 7002, hostname: 'foreign.example.net', port: 5061 },
          ],
        },
      },
    });
    expect(graph.meta.sipPassword(id, '7002')).not.toBe(graph.meta.sipPassword(id, appId));
  });

  test('Meta changes its mind about the number, and the limits', async () => {
    graph.meta.changeNumber(id, { quality: 'RED', numberStatus: 'FLAGGED' });
    expect(JSON.parse((await graph.ask('GET', `/${id}?fields=quality_rating,status`)).text)).toEqual({
      id, quality_rating: 'RED', status: 'FLAGGED',
    });
    graph.meta.setLimits({ newAccountPerHour: 1 });
    expect((await graph.ask('GET', `/${id}`)).text).toContain('80007');
  });
});
