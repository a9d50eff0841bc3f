// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test, vi } from 'vitest';
import { header } from '../../meta/sip/message.ts';
import { closeScenes, phoneNumber, set, soon } from './scene.ts';

afterEach(closeScenes);

describe('an answer against the rules', () => {
  test('that loses a Record-Route gets no ACK, and its BYE gets 404', async () => {
    const { meta, business } = await set({ recordRoutes: (right) => right.slice(0, -1) });
    const call = await meta.call({ to: phoneNumber });
    expect(call.result).toMatchObject({ kind: 'failed', failure: 'bad_answer' });
    expect(call.journal.findings).toMatchObject([{ code: 'record_route_changed' }]);
    expect(await business.request('BYE', meta.edge.port)).toMatchObject({ status: 404 });
    expect(business.methods()).toEqual(['INVITE', 'ACK', 'INVITE']);
  });

  test('that swaps the Record-Routes gets no ACK either', async () => {
    const { meta } = await set({ recordRoutes: ([own = '', first = '', second = '']) => [own, second, first] });
    const call = await meta.call({ to: phoneNumber });
    expect(call.journal.findings).toMatchObject([{ code: 'record_route_changed' }]);
  });

  test('that holds unusable SDP is acknowledged and hung up', async () => {
    const { meta, business } = await set({ sdp: (right) => right.replace('RTP/SAVP', 'RTP/AVP') });
    const call = await meta.call({ to: phoneNumber });
    expect(call.result).toMatchObject({ kind: 'failed', failure: 'bad_answer' });
    expect(call.journal.findings).toMatchObject([{ code: 'bad_sdp_answer' }]);
    expect(await call.ended).toMatchObject({ by: 'meta' });
    expect(business.methods().slice(-2)).toEqual(['ACK', 'BYE']);
  });

  test('with a challenge that Meta cannot answer is left with its 407', async () => {
    const { meta } = await set({ challenge: 'Digest realm="r", nonce="n", algorithm=SHA-512-256, qop="auth"' });
    const call = await meta.call({ to: phoneNumber });
    expect(call.result).toMatchObject({ kind: 'refused', status: 407 });
    expect(call.journal.findings).toMatchObject([{ code: 'unusable_challenge' }]);
  });
});

describe('inside a dialog Meta', () => {
  test('takes BYE from the business on a new connection', async () => {
    const { meta, business } = await set();
    const call = await meta.call({ to: phoneNumber });
    expect(await business.request('BYE', meta.edge.port)).toMatchObject({ status: 200 });
    expect(await call.ended).toMatchObject({ by: 'business' });
    expect(await business.request('BYE', meta.edge.port)).toMatchObject({ status: 404 });
  });

  test('answers 404 to BYE without the route set, and the call goes on', async () => {
    const { meta, business } = await set();
    const call = await meta.call({ to: phoneNumber });
    expect(await business.request('BYE', meta.edge.port, { routes: false })).toMatchObject({ status: 404 });
    expect(call.journal.findings).toMatchObject([{ code: 'route_set_lost' }]);
    expect(await business.request('BYE', meta.edge.port)).toMatchObject({ status: 200 });
  });

  test('refuses every change of the session and records it', async () => {
    const { meta, business } = await set();
    const call = await meta.call({ to: phoneNumber });
    expect(await business.request('INVITE', meta.edge.port)).toMatchObject({ status: 500 });
    expect(await business.request('UPDATE', meta.edge.port)).toMatchObject({ status: 405 });
    expect(await business.request('OPTIONS', meta.edge.port, { waitMs: 150 })).toBeUndefined();
    meta.edge.answersOptions = true;
    expect(await business.request('OPTIONS', meta.edge.port)).toMatchObject({ status: 200 });
    const seen = call.journal.inDialogRequests.map((request) => request.method);
    expect(seen).toEqual(['INVITE', 'UPDATE', 'OPTIONS', 'OPTIONS']);
  });

  test('hangs up when no media ever comes', async () => {
    const { meta, business } = await set({ media: { codec: 'opus', tone: 1000, mute: true } });
    const call = await meta.call({ to: phoneNumber, timings: { firstMediaTimeoutMs: 300 } });
    expect(await call.ended).toMatchObject({ by: 'meta', byeStatus: 200 });
    const bye = business.requests.at(-1);
    expect(bye && header(bye, 'Reason')).toContain('no media');
    expect(call.media()).toMatchObject({ received: 0, sent: 0, firstFrom: undefined });
  });

  test('hangs up when media stops', async () => {
    const { meta, business } = await set();
    const call = await meta.call({ to: phoneNumber, timings: { mediaTimeoutMs: 300 } });
    await vi.waitFor(() => { expect(call.media().received).toBeGreaterThan(10); }, soon);
    business.media.silence();
    expect(await call.ended).toMatchObject({ by: 'meta' });
  });
});

describe('a stranger at the edge of Meta', () => {
  test('offering ALPN sip is refused with no_application_protocol', async () => {
    const { meta } = await set();
    const target = { host: '127.0.0.1', port: meta.edge.port, tls: true };
    await expect(meta.raw({ ...target, alpn: ['sip'] })).rejects.toThrow(/no application protocol/i);
    (await meta.raw(target)).close();
  });

  test('that names nobody in its TLS hello finds nobody there', async () => {
    const { meta } = await set();
    const socket = await meta.raw({ host: '127.0.0.1', port: meta.edge.port, tls: true });
    socket.send('OPTIONS sip:wa.meta.vc SIP/2.0\r\n\r\n');
    expect(await socket.ended).toMatchObject({ by: 'peer' });
  });

  test('gets 403 for REGISTER, 407 for INVITE and nothing for garbage but the end', async () => {
    const { meta } = await set();
    const socket = await meta.raw({ host: '127.0.0.1', port: meta.edge.port, tls: true, servername: 'wa.meta.vc' });
    const request = (method: string) => [
      `${method} sip:wa.meta.vc SIP/2.0`, `Via: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK${method}`, 'From: <sip:a@b>;tag=1',
      'To: <sip:c@wa.meta.vc>', 'Call-ID: x', `CSeq: 1 ${method}`, 'Content-Length: 0', '', '',
    ].join('\r\n');
    socket.send(request('REGISTER'));
    expect(await socket.message((message) => message.kind === 'response', 3000)).toMatchObject({ status: 403 });
    socket.send(request('INVITE'));
    const challenged = await socket.message((message) => header(message, 'CSeq') === '1 INVITE', 3000);
    expect(challenged).toMatchObject({ status: 407 });
    expect(meta.edge.strays.map((stray) => stray.method)).toEqual(['REGISTER']);
    socket.send('GET / HTTP/1.1\r\n\r\n');
    expect(await socket.ended).toMatchObject({ by: 'peer' });
    expect(meta.edge.malformed).toHaveLength(1);
  });
});
