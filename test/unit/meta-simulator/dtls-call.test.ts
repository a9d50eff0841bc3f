// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Call } from '../../meta/sip/call.ts';
import type { CallOptions } from '../../meta/sip/outcome.ts';
import { dtlsLines } from './dtls-lines.ts';
import { closeScenes, phoneNumber, type Scene, set, soon, stopLater } from './scene.ts';
import { WebRtcBusiness } from './webrtc-business.ts';

afterEach(closeScenes);

interface Talk extends Scene {
  readonly call: Call;
  readonly peer: WebRtcBusiness;
}

/** Rings until `answer` has made SDP of Meta’s offer, and answers that. */
async function dialled(
  answer: (offer: string, peer: WebRtcBusiness) => Promise<string>,
  options: Partial<CallOptions> = {},
): Promise<Talk> {
  const scene = await set({ silent: true }, { keyExchange: 'DTLS' });
  const peer = new WebRtcBusiness({ opus: 111, telephoneEvent: 126 });
  stopLater(peer);
  const call = scene.meta.dial({ to: phoneNumber, ...options });
  await vi.waitFor(() => { expect(call.journal.responses.at(-1)?.status).toBe(180); }, soon);
  scene.business.script.answer = await answer(call.journal.invites.at(-1)?.body.toString() ?? '', peer);
  scene.business.say(200);
  await call.outcome;
  return { ...scene, call, peer };
}

const asIs = (offer: string, peer: WebRtcBusiness) => peer.answer(offer);
/** Nobody is behind this answer. */
const alone = (change: (line: string) => string = (line) => line) => () =>
  Promise.resolve(dtlsLines('111 126', 'active').map(change).join('\r\n'));
const codesOf = ({ journal }: Call) => journal.findings.map(({ code }) => code);

describe('a user-initiated call to a number whose key exchange is DTLS, the default', { timeout: 30_000 }, () => {
  test('is heard both ways, key presses too, once ICE and the handshake are done', async () => {
    const { call, peer } = await dialled(asIs, { timings: { reportIntervalMs: 200 } });
    expect(call.result).toMatchObject({ kind: 'answered', status: 200 });
    await vi.waitFor(() => { expect(call.media().received).toBeGreaterThan(60); }, soon);
    call.press(5);
    await vi.waitFor(() => { expect(peer.reception.payloadTypes[126]).toBe(10); }, soon);
    await vi.waitFor(() => { expect(peer.reports).toBeGreaterThan(0); }, soon);
    await vi.waitFor(() => { expect(peer.reception.toneShares(440, 0, Infinity)[0]).toBeGreaterThan(0.9); }, soon);
    const media = call.media();
    expect(media).toMatchObject({
      keyExchange: 'DTLS', codec: 'opus', telephoneEvent: true, undecryptable: 0, rtcpUndecryptable: 0, lost: 0, duplicated: 0,
      firstFrom: 'business',
    });
    expect(media.sources).toHaveLength(1);
    expect(media.toneShare(1000)).toBeGreaterThan(0.95);
    expect(await call.hangup()).toMatchObject({ by: 'user', byeStatus: 200 });
    expect(call.journal.findings).toEqual([]);
    const events = call.journal.timeline.map(({ event }) => event);
    const [nominated, agreed] = [/^ICE: .* nominated$/, /^DTLS: keys agreed$/].map((wanted) => events.findIndex((event) => wanted.test(event)));
    expect(nominated).toBeGreaterThan(-1);
    expect(agreed).toBeGreaterThan(nominated ?? -1);
  });

  test('may have the user speak first', async () => {
    const { call, peer } = await dialled(async (offer, business) => {
      const answer = await business.answer(offer);
      business.silence();
      return answer;
    }, { userSendsFirst: true });
    await vi.waitFor(() => { expect(peer.reception.counters().received).toBeGreaterThan(10); }, soon);
    expect(call.media()).toMatchObject({ received: 0, firstFrom: 'user' });
  });

  test('has no media when the certificate is another than the answer says', async () => {
    const { call } = await dialled(async (offer, business) =>
      (await business.answer(offer)).replace(/(a=fingerprint:sha-256) ../, '$1 00').replace(/(sha-256 00:)../, '$100'));
    await vi.waitFor(() => { expect(codesOf(call)).toEqual(['dtls_fingerprint_mismatch']); }, soon);
    expect(call.media()).toMatchObject({ received: 0, sent: 0 });
  });

  test('is hung up when no ICE check comes', async () => {
    const { call } = await dialled(alone(), { timings: { firstMediaTimeoutMs: 300 } });
    expect(call.result).toMatchObject({ kind: 'answered' });
    expect(await call.ended).toMatchObject({ by: 'meta', reason: expect.stringMatching(/RTP timeout/) });
    expect(codesOf(call)).toEqual(['ice_not_nominated']);
  });

  test('has nobody to begin the handshake when the answer is passive', async () => {
    const timings = { firstMediaTimeoutMs: 300 };
    const { call } = await dialled(alone((line) => line.replace('setup:active', 'setup:passive')), { timings });
    expect(await call.ended).toMatchObject({ by: 'meta', reason: expect.stringMatching(/RTP timeout/) });
    expect(codesOf(call)).toEqual(['dtls_passive']);
  });

  test.each([
    ['with SDES', (line: string) => line.replace('UDP/TLS/RTP/SAVPF', 'RTP/SAVP')],
    ['without ICE', (line: string) => line.replace(/^a=ice-ufrag.*/, 'a=x')],
    ['without a fingerprint', (line: string) => line.replace(/^a=fingerprint.*/, 'a=x')],
  ])('fails when it is answered %s', async (_, change) => {
    const { call, business } = await dialled(alone(change));
    expect(call.result).toMatchObject({ kind: 'failed', failure: 'bad_answer' });
    expect(codesOf(call)).toEqual(['bad_sdp_answer']);
    expect(await call.ended).toMatchObject({ by: 'meta' });
    expect(business.methods().at(-1)).toBe('BYE');
  });
});

describe('a user-initiated call to a number whose key exchange is SDES', () => {
  test('fails when it is answered with DTLS', async () => {
    const { meta } = await set({ answer: dtlsLines('111 126', 'active').join('\r\n') });
    const call = await meta.call({ to: phoneNumber });
    const detail = 'RTP/SAVP was offered and UDP/TLS/RTP/SAVPF answered';
    expect(call.result).toEqual({ kind: 'failed', failure: 'bad_answer', detail });
  });

  test('can be placed with DTLS by order of a test, and the other way round', async () => {
    const { meta, business } = await set({ answer: dtlsLines('111 126', 'active').join('\r\n') });
    const call = await meta.call({ to: phoneNumber, keyExchange: 'DTLS' });
    expect(call.result).toMatchObject({ kind: 'answered' });
    expect(call.journal.invites[0]?.body.toString()).toContain('UDP/TLS/RTP/SAVPF');
    business.script.answer = undefined;
    delete meta.number('1001').calling.srtp_key_exchange_protocol;
    const other = await meta.call({ to: phoneNumber, keyExchange: 'SDES' });
    expect(other.result).toMatchObject({ kind: 'answered' });
    expect(other.media().keyExchange).toBe('SDES');
  });
});
