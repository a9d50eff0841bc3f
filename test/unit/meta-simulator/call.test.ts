// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test, vi } from 'vitest';
import { header, listHeader } from '../../meta/sip/message.ts';
import { Business } from './business.ts';
import { closeScenes, phoneNumber, set, soon, stopLater } from './scene.ts';

afterEach(closeScenes);

describe('a user-initiated call', () => {
  test('answers the challenge, is acknowledged along the route set and is heard both ways', { timeout: 30_000 }, async () => {
    const { meta, business } = await set();
    const call = await meta.call({ to: phoneNumber });
    expect(call.result).toMatchObject({ kind: 'answered', status: 200 });
    await vi.waitFor(() => { expect(call.media().received).toBeGreaterThan(60); }, soon);
    const media = call.media();
    expect(media).toMatchObject({ codec: 'opus', undecryptable: 0, rtcpUndecryptable: 0, duplicated: 0, lost: 0, firstFrom: 'business' });
    expect(media.toneShare(1000)).toBeGreaterThan(0.95);
    expect(media.toneShare(440)).toBeLessThan(0.05);
    await vi.waitFor(() => { expect(business.media.received).toBeGreaterThan(50); }, soon);
    expect(business.media.undecryptable).toBe(0);
    const ending = await call.hangup();
    expect(ending).toMatchObject({ by: 'user', byeStatus: 200 });
    expect(call.journal.findings).toEqual([]);
    expect(business.methods()).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK', 'BYE']);
    expect(business.serverNames).toEqual(['sip.example.test']);
  });

  test('looks like the documented INVITE', async () => {
    const { meta, business } = await set();
    const call = await meta.call({ to: phoneNumber, from: '+15550009999' });
    const [first, , second] = business.requests;
    if (first === undefined || second === undefined) throw new Error('two INVITEs are sent');
    expect(first.uri).toBe('sip:+15550001111@sip.example.test;transport=tls');
    const names = first.headers.slice(0, 5).map((entry) => entry.name);
    expect(names).toEqual(['Via', 'Record-Route', 'Record-Route', 'Via', 'Via']);
    expect(header(first, 'From')).toMatch(/^"15550009999" <sip:\+15550009999@wa\.meta\.vc>;tag=[0-9a-f-]{36}$/);
    expect(header(first, 'Contact')).toBe('<sip:+15550009999@wa.meta.vc;transport=tls;ob>;isfocus');
    expect(header(first, 'Call-ID')).toBe(`outgoing:${call.wacid}`);
    expect(header(first, 'x-wa-meta-wacid')).toBe(call.wacid);
    expect(header(second, 'Call-ID')).toBe(header(first, 'Call-ID'));
    expect(header(second, 'From')).toBe(header(first, 'From'));
    expect(Number(header(second, 'CSeq')?.split(' ')[0])).toBe(Number(header(first, 'CSeq')?.split(' ')[0]) + 1);
    expect(listHeader(second, 'Via')[0]).not.toBe(listHeader(first, 'Via')[0]);
    const proof = header(second, 'Proxy-Authorization');
    expect(proof).toContain('username="15550001111"');
    expect(proof).toContain('uri="sip:+15550001111@sip.example.test"');
    expect(proof).not.toContain('algorithm');
  });

  test('puts the request-URI parameters of the settings after the user part', async () => {
    const { meta, business } = await set();
    const number = meta.number('1001');
    const requestUriUserParams = { tgrp: 'wacall', 'trunk-context': 'example.net' };
    number.servers = number.servers.map((server) => ({ ...server, requestUriUserParams }));
    await meta.call({ to: phoneNumber });
    expect(business.requests[0]?.uri).toBe(
      'sip:+15550001111;tgrp=wacall;trunk-context=example.net@sip.example.test;transport=tls',
    );
  });

  test('sends ACK and BYE to the Contact with only the gateway left in Route', async () => {
    const { meta, business } = await set();
    const call = await meta.call({ to: phoneNumber });
    await call.hangup();
    const bye = business.requests.at(-1);
    const ack = business.requests.at(-2);
    for (const request of [ack, bye]) {
      if (request === undefined) throw new Error('ACK and BYE are sent');
      expect(request.uri).toBe('sip:pbx@10.0.0.5:5060');
      expect(listHeader(request, 'Route')).toEqual([`<sip:sip.example.test:${business.port};transport=tls;lr>`]);
    }
    expect(bye && header(bye, 'x-wa-meta-wacid')).toBe(call.wacid);
    expect(bye && header(bye, 'x-wa-meta-call-duration')).toMatch(/^\d+$/);
  });

  test('speaks G.711 when the answer chooses it', async () => {
    const { meta } = await set({ media: { codec: 'PCMA', tone: 700, mute: false } });
    const call = await meta.call({ to: phoneNumber });
    await vi.waitFor(() => { expect(call.media().received).toBeGreaterThan(60); }, soon);
    expect(call.media().codec).toBe('PCMA');
    expect(Object.keys(call.media().payloadTypes)).toEqual(['8']);
    expect(call.media().toneShare(700)).toBeGreaterThan(0.99);
  });

  test('counts from a mark on', async () => {
    const { meta } = await set();
    const call = await meta.call({ to: phoneNumber });
    await vi.waitFor(() => { expect(call.media().received).toBeGreaterThan(30); }, soon);
    const mark = call.mark();
    const before = call.media().received;
    await vi.waitFor(() => { expect(call.media(mark).received).toBeGreaterThan(60); }, soon);
    expect(call.media().received - call.media(mark).received).toBeLessThanOrEqual(before + 5);
    expect(call.media(mark).toneShare(1000)).toBeGreaterThan(0.95);
  });

  test('acknowledges the answer as often as it comes, and notes a second one', async () => {
    const { meta, business } = await set();
    const call = await meta.call({ to: phoneNumber });
    business.say(200);
    await vi.waitFor(() => { expect(business.methods().slice(-2)).toEqual(['ACK', 'ACK']); }, soon);
    expect(call.journal.findings).toEqual([]);
    business.tag = 'another';
    business.say(200);
    await vi.waitFor(() => { expect(call.journal.findings).toMatchObject([{ code: 'second_answer' }]); }, soon);
  });

  test('finds the business on a new connection when the first one is gone', async () => {
    const { meta, business } = await set();
    const call = await meta.call({ to: phoneNumber });
    business.dropConnections();
    await vi.waitFor(() => { expect(call.journal.timeline.at(-1)?.event).toMatch(/closed$/); }, soon);
    expect(await call.hangup()).toMatchObject({ by: 'user', byeStatus: 200 });
    expect(business.serverNames).toHaveLength(2);
  });

  test('uses one connection for two calls only when told to', async () => {
    const { meta, business } = await set({ media: { codec: 'opus', tone: 1000, mute: true } });
    await meta.call({ to: phoneNumber });
    await meta.call({ to: phoneNumber });
    expect(business.serverNames).toHaveLength(2);
    await meta.call({ to: phoneNumber, reuseConnection: true });
    expect(business.serverNames).toHaveLength(2);
  });
});

describe('a call that does not come about', () => {
  test('ends with the answer of the business', async () => {
    const { meta, business } = await set({ status: 486 });
    const call = await meta.call({ to: phoneNumber });
    expect(call.result).toEqual({ kind: 'refused', status: 486, reason: 'Scripted 486' });
    expect(await call.ended).toMatchObject({ by: 'business', durationMs: 0 });
    await vi.waitFor(() => { expect(business.methods()).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK']); }, soon);
  });

  test('ends with 403 when the password is wrong, or another one than before', async () => {
    const { meta } = await set();
    const wrong = await meta.call({ to: phoneNumber, password: 'wrong' });
    expect(wrong.result).toMatchObject({ kind: 'refused', status: 403 });
    meta.rotateSipPassword('1001', '3001');
    expect(meta.sipPassword('1001', '3001')).not.toBe('secret');
    expect((await meta.call({ to: phoneNumber })).result).toMatchObject({ kind: 'refused', status: 403 });
  });

  test('can be made for a number that Meta does not know, by order of the test only', async () => {
    const { meta, business } = await set();
    expect((await meta.call({ to: '+15559990000' })).result).toMatchObject({ failure: 'unknown_number' });
    const server = { hostname: 'sip.example.test', port: business.port };
    const call = await meta.call({ to: '+15559990000', server });
    expect(call.result).toMatchObject({ kind: 'refused', status: 403 });
    expect(business.requests[0]?.uri).toBe('sip:+15559990000@sip.example.test;transport=tls');
  });

  test('is cancelled by the user', async () => {
    const { meta, business } = await set({ silent: true });
    const call = meta.dial({ to: phoneNumber });
    await vi.waitFor(() => { expect(call.journal.responses.at(-1)?.status).toBe(180); }, soon);
    call.cancel();
    expect(await call.outcome).toMatchObject({ kind: 'cancelled', by: 'user', status: 487 });
    await vi.waitFor(() => { expect(business.methods().slice(-2)).toEqual(['CANCEL', 'ACK']); }, soon);
  });

  test('is cancelled only once the business has said something', async () => {
    const { meta, business } = await set({ deaf: true });
    const call = meta.dial({ to: phoneNumber });
    await vi.waitFor(() => { expect(business.methods()).toEqual(['INVITE']); }, soon);
    call.cancel();
    business.say(180);
    expect(await call.outcome).toMatchObject({ kind: 'cancelled', by: 'user', status: 487 });
    const events = call.journal.timeline.map((entry) => entry.event);
    expect(events.indexOf('CANCEL sent')).toBeGreaterThan(events.indexOf('180 Scripted 180'));
  });

  test('is hung up at once when the answer crosses the CANCEL', async () => {
    const { meta, business } = await set({ silent: true, lateAnswer: true });
    const call = meta.dial({ to: phoneNumber });
    await vi.waitFor(() => { expect(call.journal.responses.at(-1)?.status).toBe(180); }, soon);
    call.cancel();
    expect(await call.ended).toMatchObject({ by: 'user', byeStatus: 200 });
    expect(business.methods().slice(-3)).toEqual(['CANCEL', 'ACK', 'BYE']);
  });

  test('is cancelled by Meta when nobody answers', async () => {
    const { meta } = await set({ silent: true });
    const call = await meta.call({ to: phoneNumber, timings: { answerTimeoutMs: 200 } });
    expect(call.result).toMatchObject({ kind: 'cancelled', by: 'meta', status: 487 });
  });

  test('fails when the business says nothing at all', async () => {
    const { meta } = await set({ deaf: true });
    const call = await meta.call({ to: phoneNumber, timings: { transactionTimeoutMs: 200 } });
    expect(call.result).toMatchObject({ kind: 'failed', failure: 'transaction_timeout' });
  });

  test('sends no INVITE when the certificate is for another name', async () => {
    const { meta, business } = await set({}, { names: ['other.example.test'] });
    const call = await meta.call({ to: phoneNumber });
    expect(call.result).toMatchObject({ kind: 'failed', failure: 'tls_verify_failed' });
    expect(business.requests).toEqual([]);
  });

  test('sends no INVITE when the chain ends at an unknown root', async () => {
    const { meta } = await set();
    const stranger = await Business.start();
    stopLater(stranger);
    stranger.script.password = 'secret';
    const options = { to: phoneNumber, server: { hostname: 'sip.example.test', port: stranger.port } };
    expect((await meta.call(options)).result).toMatchObject({ kind: 'failed', failure: 'tls_verify_failed' });
    expect(stranger.requests).toEqual([]);
    meta.setTrust(stranger.caPem);
    expect((await meta.call(options)).result).toMatchObject({ kind: 'answered' });
  });

  test('names the step at which the way to the business ends', async () => {
    const { meta } = await set({}, { hostname: 'sip.invalid' });
    expect((await meta.call({ to: phoneNumber })).result).toMatchObject({ failure: 'dns_failed' });
    const closed = { hostname: 'sip.example.test', port: 1 };
    expect((await meta.call({ to: phoneNumber, server: closed })).result).toMatchObject({ failure: 'connect_failed' });
  });

  test.each([
    ['calling_disabled', { status: 'DISABLED' }],
    ['sip_disabled', { sip: { status: 'DISABLED' } }],
  ] as const)('is not even dialled: %s', async (failure, change) => {
    const { meta, business } = await set();
    const number = meta.number('1001');
    number.calling = { ...number.calling, ...change };
    expect((await meta.call({ to: phoneNumber })).result).toMatchObject({ kind: 'failed', failure });
    expect(business.serverNames).toEqual([]);
  });

  test('is not dialled when the app of the server may not send messages', async () => {
    const { meta } = await set();
    meta.addToken({ token: 't', appId: '3001', scopes: ['whatsapp_business_management'] });
    expect((await meta.call({ to: phoneNumber })).result).toMatchObject({ failure: 'app_not_authorized' });
  });
});
