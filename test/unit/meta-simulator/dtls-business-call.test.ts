// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type CallerScene, onlyCall, setCaller, user } from './caller.ts';
import { dtlsLines } from './dtls-lines.ts';
import { closeScenes, soon, stopLater } from './scene.ts';
import { WebRtcBusiness, webRtcTypes } from './webrtc-business.ts';

afterEach(closeScenes);

interface PeerScene extends CallerScene {
  readonly peer: WebRtcBusiness;
}

async function setPeer(): Promise<PeerScene> {
  const scene = await setCaller({ keyExchange: 'DTLS' });
  const peer = new WebRtcBusiness();
  stopLater(peer);
  return { ...scene, peer };
}

/** Calls with the peer’s offer, or what `change` makes of it, and gives Meta’s answer to the peer. */
async function talk({ meta, caller, peer }: PeerScene, change = (sdp: string) => sdp): Promise<ReturnType<typeof onlyCall>> {
  const { final } = await caller.call({ sdp: change(await peer.offer()) });
  expect(final.status).toBe(200);
  caller.inside('ACK', final);
  await peer.accept(final.body.toString());
  return onlyCall(meta);
}

describe('a business-initiated call of a number whose key exchange is DTLS, the default', { timeout: 30_000 }, () => {
  test('is heard both ways, key presses too, by a handshake that Meta begins', async () => {
    const scene = await setPeer();
    const { meta, peer } = scene;
    meta.addUser({ phoneNumber: user, tone: 700, timings: { reportIntervalMs: 200 } });
    const call = await talk(scene);
    await vi.waitFor(() => { expect(call.media().received).toBeGreaterThan(60); }, soon);
    call.press(5);
    await vi.waitFor(() => { expect(peer.reception.payloadTypes[webRtcTypes.telephoneEvent]).toBe(10); }, soon);
    await vi.waitFor(() => { expect(peer.reports).toBeGreaterThan(0); }, soon);
    await vi.waitFor(() => { expect(peer.reception.toneShares(700, 0, Infinity)[0]).toBeGreaterThan(0.9); }, soon);
    const media = call.media();
    expect(media).toMatchObject({
      keyExchange: 'DTLS', answered: ['opus'], undecryptable: 0, rtcpUndecryptable: 0, lost: 0, firstFrom: 'business',
    });
    expect(Object.keys(media.payloadTypes)).toEqual(['107']);
    expect(media.toneShare(1000)).toBeGreaterThan(0.95);
    const [ending] = await Promise.all([call.hangup(), scene.caller.take('BYE')]);
    expect(ending).toMatchObject({ by: 'user', byeStatus: 200 });
    expect(call.journal.findings).toEqual([]);
  });

  test('has no media when the certificate is another than the offer says', async () => {
    const scene = await setPeer();
    const call = await talk(scene, (sdp) =>
      sdp.replace(/(a=fingerprint:sha-256) ../, '$1 00').replace(/(sha-256 00:)../, '$100'));
    await vi.waitFor(() => { expect(call.journal.findings.map(({ code }) => code)).toEqual(['dtls_fingerprint_mismatch']); }, soon);
    expect(call.media()).toMatchObject({ received: 0, sent: 0 });
  });

  test('is hung up when no ICE check comes', async () => {
    const { meta, caller } = await setPeer();
    meta.addUser({ phoneNumber: user, timings: { firstMediaTimeoutMs: 300 } });
    const { final } = await caller.call({ sdp: dtlsLines('107 101', 'actpass').join('\r\n') });
    caller.inside('ACK', final);
    await caller.take('BYE');
    const call = onlyCall(meta);
    expect(await call.ended).toMatchObject({ by: 'meta', reason: expect.stringMatching(/RTP timeout/) });
    expect(call.journal.findings.map(({ code }) => code)).toEqual(['ice_not_nominated']);
  });

  test.each([
    ['no fingerprint', (sdp: string) => sdp.replace(/^a=fingerprint.*/m, 'a=x'), 'no fingerprint found'],
    ['SDES', () => undefined, 'no fingerprint found'],
    ['another hash', (sdp: string) => sdp.replace('sha-256', 'sha-512'), 'Fingerprint algo is not SHA256'],
    ['RTP/SAVP', (sdp: string) => sdp.replace('UDP/TLS/RTP/SAVPF', 'RTP/SAVP'), 'UDP/TLS/RTP/SAVPF is wanted and RTP/SAVP offered'],
  ])('is refused with %s', async (_, change, reason) => {
    const { caller } = await setPeer();
    const sdp = change(dtlsLines('107 101', 'actpass').join('\r\n'));
    const { final } = await caller.call(sdp === undefined ? {} : { sdp });
    expect(final).toMatchObject({ status: 403, reason: `SDP validation failed: ${reason}` });
  });
});

describe('a business-initiated call of a number whose key exchange is SDES', () => {
  test('is refused with DTLS', async () => {
    const { caller } = await setCaller();
    const { final } = await caller.call({ sdp: dtlsLines('107 101', 'actpass').join('\r\n') });
    expect(final).toMatchObject({ status: 403, reason: expect.stringMatching(/UDP\/TLS\/RTP\/SAVPF is offered for a number whose key exchange is SDES$/) });
  });
});
