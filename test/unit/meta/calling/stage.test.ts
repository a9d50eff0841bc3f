// SPDX-License-Identifier: Apache-2.0
// What waits until the path behind a number answers, and what its spec's clock has to do with it.
import { describe, expect, it } from 'vitest';
import { compareCalling, foreignServers, ownServer, sipPassword, stopsCalls } from '../../../../operator/meta/calling/compare.ts';
import { observedCalling, restrictionsOf } from '../../../../operator/meta/calling/observed.ts';
import { fingerprint, isTimeZone, pastHolidays } from '../../../../operator/meta/calling/wanted.ts';
import { DISABLE, FORGET_PASSWORD, stage, toWrite } from '../../../../operator/meta/calling/write.ts';
import { calling } from '../../../../operator/api/calling.ts';
import { APP, BROUGHT, declare, FOREIGN, NOW, observe, OWN, sipWrite } from './declared.ts';

/** What is written and what waits, while the path behind the number does not answer. */
function before(spec: object, observed: object) {
  const wanted = declare(spec);
  const observation = observe(observed);
  const { now, held } = stage(compareCalling(wanted, observation), observation, false);
  return { write: toWrite(wanted, now), held: held.map(({ field }) => field) };
}

const elsewhere = { ...BROUGHT, sip: { status: 'ENABLED', servers: [{ ...OWN, hostname: 'old.example.com' }] } };
const SIP_FIELDS = ['sip.servers', 'srtp_key_exchange_protocol'];

describe('before the path answers', () => {
  it('a new number gets SIP, so that Meta makes its password, and is not switched on', () => {
    expect(before({}, {})).toEqual({ write: sipWrite(), held: ['status'] });
  });

  it('the icon of a number stays hidden, and what users do not see is written', () => {
    const spec = { icon: { visibility: 'Shown', countries: ['GB'] }, additionalCodecs: ['PCMA'] };
    const write = { call_icons: { restrict_to_user_countries: ['GB'] }, audio: { additional_codecs: ['PCMA'] } };
    expect(before(spec, { ...BROUGHT, call_icon_visibility: 'DISABLE_ALL' })).toEqual({ write, held: ['call_icon_visibility'] });
  });

  it('calls that reach another server today stay there', () => {
    expect(before({}, { ...elsewhere, srtp_key_exchange_protocol: 'DTLS' })).toEqual({ write: {}, held: SIP_FIELDS });
  });

  it('calls that are taken by the Graph API today stay there', () => {
    expect(before({}, { status: 'ENABLED' })).toEqual({ write: {}, held: ['sip.status', ...SIP_FIELDS] });
  });

  it('hiding and switching off do not wait', () => {
    const spec = { status: 'Disabled', icon: { visibility: 'Hidden' } };
    const write = { status: 'DISABLED', call_icon_visibility: 'DISABLE_ALL' };
    expect(before(spec, BROUGHT)).toEqual({ write, held: [] });
  });

  it('a number that is off and has a server already gets its new one', () => {
    expect(before({}, { ...elsewhere, status: 'DISABLED' })).toEqual({ write: sipWrite(), held: ['status'] });
  });

  it('nothing waits for a number that has all', () => {
    expect(before({}, BROUGHT)).toEqual({ write: {}, held: [] });
  });
});

it('once the path answers nothing waits', () => {
  const observation = observe({ ...elsewhere, call_icon_visibility: 'DISABLE_ALL' });
  const differences = compareCalling(declare({ icon: { visibility: 'Shown' } }), observation);
  expect(stage(differences, observation, true)).toEqual({ now: differences, held: [] });
});

describe('a direct destination', () => {
  it('has its own name, port and key exchange', () => {
    const endpoint = { hostname: 'pbx.example.net', port: 5071, keyExchange: 'DTLS' as const };
    const wanted = declare({}, { endpoint });
    expect(toWrite(wanted, compareCalling(wanted, observe(BROUGHT)))).toEqual({
      sip: { status: 'ENABLED', servers: [{ hostname: 'pbx.example.net', port: 5071 }] },
      srtp_key_exchange_protocol: 'DTLS',
    });
    expect(fingerprint(wanted)).not.toBe(fingerprint(declare({})));
  });
});

describe('servers', () => {
  const observation = observe({
    ...BROUGHT,
    sip: { status: 'ENABLED', servers: [FOREIGN, { ...OWN, sip_user_password: 'ours' }] },
  });

  it('of other apps are told apart by the app, and only ours gives the password', () => {
    expect(ownServer(observation, 'sip.example.com')).toMatchObject({ app_id: String(APP) });
    expect(foreignServers(observation, 'sip.example.com')).toMatchObject([{ app_id: '42', hostname: 'sip.other.example' }]);
    expect(sipPassword(observation, 'sip.example.com')).toBe('ours');
  });

  it('of another app never give their password, even under our name', () => {
    const stolen = observe({ sip: { servers: [{ ...OWN, app_id: 42, sip_user_password: 'theirs' }] } });
    expect(sipPassword(stolen, 'sip.example.com')).toBeUndefined();
  });

  it('are known by name where the token’s app is not known', () => {
    const unknown = { ...observation, appID: undefined };
    expect(sipPassword(unknown, 'sip.example.com')).toBe('ours');
    expect(foreignServers(unknown, 'sip.example.com')).toHaveLength(1);
  });
});

it('only what keeps calls away stops them', () => {
  const wanted = declare({
    additionalCodecs: ['PCMA'],
    webhookDelivery: 'Enabled',
    icon: { countries: ['GB'] },
    callbackPermission: 'Enabled',
  });
  const fields = compareCalling(wanted, observe({}))
    .filter(stopsCalls)
    .map(({ field }) => field);
  expect(fields).toEqual(['status', 'sip.status', 'sip.servers', 'srtp_key_exchange_protocol']);
});

describe('time', () => {
  const holidays = ['2026-06-14', '2026-06-15', '2026-06-16'].map((date) => ({ date, open: '10:00', close: '12:00' }));
  const spec = (timeZone: string) =>
    calling.parse({ hours: { timeZone, weekly: [{ day: 'Monday', open: '09:00', close: '17:00' }], holidays } });

  it('decides where the number is which holidays are past', () => {
    const past = (zone: string) => pastHolidays(spec(zone), NOW).map(({ date }) => date);
    expect(past('UTC')).toEqual(['2026-06-14']);
    expect(past('Pacific/Kiritimati')).toEqual(['2026-06-14', '2026-06-15']);
    expect(past('Pacific/Pago_Pago')).toEqual([]);
  });

  it('is UTC where the zone is not known, and the zone is told to be none', () => {
    expect(pastHolidays(spec('Europe/Atlantis'), NOW).map(({ date }) => date)).toEqual(['2026-06-14']);
    expect([isTimeZone('Europe/Atlantis'), isTimeZone('Europe/London'), isTimeZone('')]).toEqual([false, true, false]);
  });
});

describe('restrictions', () => {
  const restriction = { type: 'RESTRICTED_USER_INITIATED_CALLING', reason: 'low pick-up', expiration: 1_790_000_000 };

  it('are read by both names of the list', () => {
    for (const name of ['restrictions_list', 'restriction_list']) {
      expect(restrictionsOf(observedCalling.parse({ restrictions: { [name]: [restriction] } }))).toEqual([restriction]);
    }
    expect(restrictionsOf(observedCalling.parse({}))).toEqual([]);
  });

  it('are read in lower case too, with their end as text', () => {
    const spelled = { ...restriction, type: restriction.type.toLowerCase(), expiration: '1790000000' };
    expect(restrictionsOf(observedCalling.parse({ restrictions: { restrictions_list: [spelled] } }))).toEqual([restriction]);
  });
});

describe('writes without a declaration', () => {
  it('switch calling off and touch nothing else', () => {
    expect(DISABLE).toEqual({ status: 'DISABLED' });
  });

  it('make Meta forget the password in the one way that it documents', () => {
    expect(FORGET_PASSWORD).toEqual({ status: 'DISABLED', sip: { status: 'DISABLED', servers: [] } });
  });
});
