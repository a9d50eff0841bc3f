// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from 'vitest';
import type { Meta } from '../../meta/meta.ts';
import { header } from '../../meta/sip/message.ts';
import { type Change, onlyCall, setCaller, user } from './caller.ts';
import { closeScenes, phoneNumber } from './scene.ts';

afterEach(closeScenes);

const tls = ';transport=tls';
const noPermission = 'No Approved Call Permission Found';
const noServer = (host: string) =>
  `SIP server ${host} from INVITE does not match any SIP server configured for phone number id 1001`;
const uriMismatch = 'Proxy auth uri does not match SIP "to" uri';
const later = 4_102_444_800;

/** What the INVITE says, and Meta’s answer. */
const byInvite: readonly (readonly [name: string, change: Change, code: number, reason: string | RegExp])[] = [
  ['an address in the request URI', { uri: `sip:${user}@203.0.113.7${tls}` }, 404, 'Not Found'],
  ['a sips URI', { uri: `sips:${user}@wa.meta.vc` }, 404, 'Not Found'],
  ['a number without +', { uri: `sip:447700900123@wa.meta.vc${tls}` }, 404, 'Not Found'],
  ['another domain', { uri: `sip:${user}@meta.vc${tls}` }, 404, 'Not Found'],
  ['an unknown business number', { from: '<sip:+15559990000@sip.example.test>' }, 400, 'Asset not found'],
  ['a business number without +', { from: '<sip:15550001111@sip.example.test>' }, 400, 'Asset not found'],
  ['another host in From', { from: `<sip:${phoneNumber}@pbx.example.test>` }, 403, noServer('pbx.example.test')],
  ['a host below the server', { from: `<sip:${phoneNumber}@a.sip.example.test>` }, 403, noServer('a.sip.example.test')],
  ['a host that only ends alike', { from: `<sip:${phoneNumber}@ple.test>` }, 403, noServer('ple.test')],
  ['another uri in the digest', { fields: { uri: `sip:+447700900124@wa.meta.vc${tls}` } }, 403, uriMismatch],
  ['another port in the digest', { fields: { uri: `sip:${user}@wa.meta.vc:5061` } }, 403, uriMismatch],
  ['a transport in To', { to: `<sip:${user}@wa.meta.vc>;transport=tls` }, 403, uriMismatch],
  ['a transport inside To', { to: `<sip:${user}@wa.meta.vc;transport=tls>` }, 403, uriMismatch],
  ['a username with +', { fields: { username: phoneNumber } }, 403, /^Invalid digest auth response: the username/],
  ['a wrong password', { password: 'wrong' }, 403, 'Invalid digest auth response: the response is wrong'],
  ['the other algorithm', { fields: { algorithm: 'MD5' } }, 403, /the nonce was given for SHA-256$/],
  ['another opaque', { fields: { opaque: '0000000000000000' } }, 403, /^Invalid digest auth response: opaque/],
  ['a user who does not exist', { uri: `sip:+447700900999@wa.meta.vc${tls}` }, 403, noPermission],
  ['an unusable offer', { sdp: 'v=0\r\n' }, 403, 'SDP validation failed: one m= line is wanted, and there are 0'],
  ['no usable Contact', { contact: '<tel:+1>' }, 400, /^Bad Request: Contact/],
];

/** What Meta knows, and its answer. */
const byState: readonly (readonly [name: string, change: (meta: Meta) => void, reason: string | RegExp])[] = [
  ['the app may not send messages', (meta) => {
    meta.addToken({ token: 't', appId: '3001', scopes: ['whatsapp_business_management'] });
  }, 'The app 3001 configured for SIP server sip.example.test is not authorized for phone number id 1001'],
  ['the number is not connected', (meta) => { meta.changeNumber('1001', { numberStatus: 'BANNED' }); }, /is BANNED$/],
  ['calling is off', (meta) => { meta.number('1001').calling.status = 'DISABLED'; }, /^Calling with SIP is not enabled/],
  ['SIP is off', (meta) => { meta.number('1001').calling.sip = { status: 'DISABLED' }; }, /^Calling with SIP is not/],
  ...['US', 'CA', 'EG', 'VN', 'NG'].map((countryCode) => [
    `the number is of ${countryCode}`, (meta: Meta) => { meta.changeNumber('1001', { countryCode }); },
    new RegExp(`not available for phone numbers of ${countryCode}$`),
  ] as const),
  ['calling is paused', (meta) => {
    const type = 'RESTRICTED_BUSINESS_INITIATED_CALLING';
    meta.changeNumber('1001', { restrictions: [{ type, reason: 'feedback', expiration: later }] });
  }, 'Business-initiated calling is paused: feedback'],
  ['there is no payment method', (meta) => { meta.addAccount({ id: '2001', primaryFundingID: undefined }); }, /payment/],
  ['the user has permitted nothing', (meta) => { meta.permit('1001', user, 'none'); }, noPermission],
  ['the key exchange is DTLS', (meta) => { meta.number('1001').calling.srtp_key_exchange_protocol = 'DTLS'; }, 'SDP validation failed: no fingerprint found'],
];

describe('Meta refuses an INVITE', () => {
  test.each(byInvite)('with %s', async (_, change, code, reason) => {
    const { meta, caller } = await setCaller();
    const { final } = await caller.call(change);
    expect(final).toMatchObject({ status: code, reason: expect.stringMatching(reason) });
    expect(header(final, 'Warning')).toBe(`399 wa.meta.vc "${final.reason.replaceAll('"', String.raw`\"`)}"`);
    expect(header(final, 'X-FB-External-Domain')).toBe('wa.meta.vc');
    const call = onlyCall(meta);
    expect(call.result).toEqual({ kind: 'refused', status: code, reason: final.reason });
    expect(await call.ended).toMatchObject({ by: 'meta', durationMs: 0 });
  });

  test.each(byState)('while %s', async (_, change, reason) => {
    const { meta, caller } = await setCaller();
    change(meta);
    expect((await caller.call()).final).toMatchObject({ status: 403, reason: expect.stringMatching(reason) });
  });

  test('for the first reason in order', async () => {
    const { meta, caller } = await setCaller();
    meta.permit('1001', user, 'none');
    meta.changeNumber('1001', { countryCode: 'US' });
    const wrong = { from: `<sip:${phoneNumber}@pbx.example.test>`, password: 'wrong', sdp: '' };
    expect((await caller.call(wrong)).final.reason).toBe(noServer('pbx.example.test'));
    const { from: _, ...rest } = wrong;
    expect((await caller.call({ ...rest, callId: '2' })).final.reason).toMatch(/digest/);
    expect((await caller.call({ sdp: '', callId: '3' })).final.reason).toMatch(/US$/);
    meta.changeNumber('1001', { countryCode: 'GB' });
    expect((await caller.call({ sdp: '', callId: '4' })).final.reason).toBe(noPermission);
    meta.permit('1001', user, 'temporary');
    expect((await caller.call({ sdp: '', callId: '5' })).final.reason).toMatch(/SDP/);
  });

  test('to a user it already talks to, whoever called', async () => {
    const { meta, caller } = await setCaller();
    const first = await caller.call();
    const duplicate = { status: 403, reason: expect.stringMatching(/^Duplicate call/) };
    expect((await caller.call({ callId: 'second' })).final).toMatchObject(duplicate);
    await caller.final(caller.inside('BYE', first.final));
    const theirs = await meta.call({ to: phoneNumber, from: user });
    expect((await caller.call({ callId: 'third' })).final).toMatchObject(duplicate);
    await theirs.hangup();
    expect((await caller.call({ callId: 'fourth' })).final).toMatchObject({ status: 200 });
  });

  test('as a test orders it, once for each order', async () => {
    const { meta, caller } = await setCaller();
    meta.edge.refuseNext({ code: 503, reason: 'Service Unavailable' });
    meta.edge.refuseNext({ code: 500, reason: 'Server Internal Error' });
    const statuses = [];
    for (const callId of ['1', '2', '3']) statuses.push((await caller.call({ callId })).final.status);
    expect(statuses).toEqual([503, 500, 200]);
  });
});

describe('Meta takes an INVITE', () => {
  test.each([
    ['from a parent domain of the server', { from: `<sip:${phoneNumber}@example.test>` }],
    ['with port and transport in From', { from: `"Us" <sip:${phoneNumber}@SIP.example.test:5061;transport=tls>` }],
    ['with a port in the request URI', { uri: `sip:${user}@wa.meta.vc:5061${tls}`, to: `<sip:${user}@wa.meta.vc>` }],
    ['whose digest leaves the transport out', { fields: { uri: `sip:${user}@wa.meta.vc` } }],
    ['to a business-scoped user id', { uri: `sip:GB.1234567890@wa.meta.vc${tls}` }],
  ])('%s', async (_, change) => {
    const { meta, caller } = await setCaller();
    expect((await caller.call(change)).final).toMatchObject({ status: 200 });
    expect(onlyCall(meta).admission?.user).toBe(meta.addUser({ phoneNumber: user }));
  });

  test('of whichever app has the password, where two have the same server', async () => {
    const { meta, caller } = await setCaller();
    meta.addToken({ token: 'u', appId: '3002', scopes: ['whatsapp_business_messaging'] });
    const number = meta.number('1001');
    const [server] = number.servers;
    number.servers = [...number.servers, ...(server ? [{ ...server, appId: '3002', password: 'other' }] : [])];
    expect((await caller.call({ password: 'other' })).final).toMatchObject({ status: 200 });
  });
});
