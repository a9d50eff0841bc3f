// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test, vi } from 'vitest';
import { cseq, header, listHeader, parameter, type SipResponse } from '../../meta/sip/message.ts';
import { answerTo, type CallerScene, onlyCall, setCaller, user } from './caller.ts';
import { closeScenes, phoneNumber, soon } from './scene.ts';

afterEach(closeScenes);

const voice = { codec: 'opus', tone: 1000, mute: false } as const;

/** A call that is answered and acknowledged, and what Meta answered. */
async function talk({ meta, caller }: CallerScene): Promise<{ answer: SipResponse; call: ReturnType<typeof onlyCall> }> {
  const { final } = await caller.call();
  caller.inside('ACK', final);
  return { answer: final, call: onlyCall(meta) };
}

describe('a business-initiated call', () => {
  test('is answered by the user and heard both ways', { timeout: 30_000 }, async () => {
    const scene = await setCaller();
    const { meta, business } = scene;
    meta.addUser({ phoneNumber: user, tone: 700 });
    const { answer, call } = await talk(scene);
    expect(call.result).toMatchObject({ kind: 'answered', status: 200 });
    business.media.start(answer.body.toString(), voice);
    await vi.waitFor(() => { expect(call.media().received).toBeGreaterThan(60); }, soon);
    call.press(5);
    await vi.waitFor(() => { expect(business.media.reception.payloadTypes[101]).toBe(10); }, soon);
    const heard = call.media();
    expect(heard).toMatchObject({
      answered: ['opus'], codec: 'opus', telephoneEvent: true, undecryptable: 0, lost: 0, duplicated: 0, firstFrom: 'business',
    });
    expect(Object.keys(heard.payloadTypes)).toEqual(['107']);
    expect(heard.toneShare(1000)).toBeGreaterThan(0.95);
    expect(business.media.undecryptable).toBe(0);
    await vi.waitFor(() => { expect(business.media.reception.toneShares(700, 0, Infinity)[0]).toBeGreaterThan(0.9); }, soon);
    const mark = call.mark();
    business.media.silence();
    await scene.caller.final(scene.caller.inside('BYE', answer));
    expect(await call.ended).toMatchObject({ by: 'business', reason: 'BYE' });
    expect(call.media(mark).received).toBe(call.media().received - mark.received);
    expect(call.journal.findings).toEqual([]);
  });

  test('is answered in the documented form', async () => {
    const { meta, caller } = await setCaller();
    const { invite, final } = await caller.call();
    expect(listHeader(final, 'Via')).toEqual(listHeader(invite, 'Via'));
    expect(listHeader(final, 'Record-Route')).toEqual([
      '<sip:onevc-sip-proxy.fbinfra.net:8191;transport=tls;lr>', '<sip:wa.meta.vc;transport=tls;lr>', ...caller.recordRoutes,
    ]);
    expect(header(final, 'Contact')).toBe(
      `<sip:${user}@wa.meta.vc;transport=tls;ob;X-FB-Sip-Smc-Tier=collaboration.sip_gateway.sip.prod>;isfocus`,
    );
    expect(header(final, 'Allow')).toBe('INVITE, ACK, BYE, CANCEL, NOTIFY, OPTIONS');
    expect(header(final, 'Supported')).toBe('timer');
    expect(header(final, 'X-FB-External-Domain')).toBe('wa.meta.vc');
    expect(header(final, 'Content-Type')).toBe('application/sdp');
    expect(parameter(header(final, 'To') ?? '', 'tag')).toMatch(/^[0-9a-f-]{36}$/);
    const sdp = final.body.toString();
    expect(sdp).toMatch(/^m=audio \d+ RTP\/SAVP 107 101\r$/m);
    expect(/^a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:(\S{40})\r$/m.exec(sdp)?.[1])
      .not.toBe(/inline:(\S+)/.exec(invite.body.toString())?.[1]);
    const statuses = onlyCall(meta).journal.responses.map(({ status }) => status);
    expect(statuses).toEqual([407, 100, 180, 200]);
  });

  test('rings without a body, or says nothing about it when told to', async () => {
    const { meta, caller } = await setCaller();
    const challenge = await caller.challenge();
    const first = caller.send({}, [answerTo(challenge)]);
    const trying = await caller.response(first, (status) => status === 100);
    expect(parameter(header(trying, 'To') ?? '', 'tag')).toBeUndefined();
    const ringing = await caller.response(first, (status) => status === 180);
    const answer = await caller.final(first);
    expect(ringing.body).toHaveLength(0);
    expect(header(ringing, 'To')).toBe(header(answer, 'To'));
    await caller.final(caller.inside('BYE', answer));
    meta.addUser({ phoneNumber: user, rings: false });
    await caller.call({ callId: 'second' });
    expect(meta.businessCalls[1]?.journal.responses.map(({ status }) => status)).toEqual([407, 100, 200]);
  });

  test.each([
    ['declines', { answers: 'declines' }, 486],
    ['ignores it', { answers: 'ignores', ringMs: 20 }, 480],
    ['is slower than it rings', { afterMs: 5000, ringMs: 20 }, 480],
    ['is unreachable', { answers: 'unreachable' }, 480],
  ] as const)('ends when the user %s', async (_, traits, status) => {
    const { meta, caller } = await setCaller();
    meta.addUser({ phoneNumber: user, ...traits });
    expect((await caller.call()).final.status).toBe(status);
    expect(await onlyCall(meta).ended).toMatchObject({ by: 'user', durationMs: 0 });
    await vi.waitFor(() => { expect(onlyCall(meta).journal.timeline.at(-1)?.event).toBe('ACK received'); }, soon);
    expect(onlyCall(meta).journal.findings).toEqual([]);
    expect((await caller.call()).final.status).toBe(status); // the pair is free for another one
  });

  test('is cancelled by the business', async () => {
    const { meta, caller } = await setCaller();
    meta.addUser({ phoneNumber: user, answers: 'ignores' });
    const invite = caller.send({}, [answerTo(await caller.challenge())]);
    await caller.response(invite, (status) => status === 180);
    expect(await caller.final(caller.cancel(invite))).toMatchObject({ status: 200 });
    expect(await caller.final(invite)).toMatchObject({ status: 487 });
    const call = onlyCall(meta);
    expect(call.result).toEqual({ kind: 'cancelled', status: 487, reason: 'Request Terminated' });
    expect(await call.ended).toMatchObject({ by: 'business', durationMs: 0 });
    const foreign = { ...invite, headers: invite.headers.filter(({ name }) => name !== 'Via') };
    foreign.headers.unshift({ name: 'Via', value: 'SIP/2.0/TLS 127.0.0.1;branch=z9hG4bKother' });
    expect(await caller.final(caller.cancel(foreign))).toMatchObject({ status: 481 });
    expect(call.journal.findings).toMatchObject([{ code: 'cancel_unmatched' }]);
  });

  test('goes on when CANCEL comes too late', async () => {
    const { meta, caller } = await setCaller();
    const { invite, final } = await caller.call();
    expect(await caller.final(caller.cancel(invite))).toMatchObject({ status: 200 });
    caller.inside('ACK', final);
    expect(onlyCall(meta)).toMatchObject({ active: true, result: { kind: 'answered' } });
  });

  test('is hung up by the user with BYE along the route set, on the call’s connection', async () => {
    const scene = await setCaller();
    const { call } = await talk(scene);
    const ended = call.hangup();
    const bye = await scene.caller.take('BYE');
    expect(await ended).toMatchObject({ by: 'user', byeStatus: 200 });
    expect(bye.uri).toBe(`sip:${phoneNumber}@sip.example.test:${scene.business.port};transport=tls`);
    expect(listHeader(bye, 'Route')).toEqual(scene.caller.recordRoutes);
    expect(header(bye, 'x-wa-meta-wacid')).toBe(call.wacid);
    expect(header(bye, 'x-wa-meta-call-duration')).toBe('0');
    expect(header(bye, 'From')).toMatch(new RegExp(`^<sip:\\${user}@wa\\.meta\\.vc>;tag=`));
  });

  test('is hung up on a new connection when that is wanted, or the old one is gone', async () => {
    const scene = await setCaller();
    const { meta, business, caller } = scene;
    caller.recordRoutes[0] = `<sip:sip.example.test:${business.port};transport=tls;lr>`;
    meta.addUser({ phoneNumber: user, reconnectInDialog: true });
    const { call } = await talk(scene);
    expect(await call.hangup()).toMatchObject({ by: 'user', byeStatus: 200 });
    meta.addUser({ phoneNumber: user, reconnectInDialog: false });
    const { final } = await caller.call({ callId: 'second' });
    caller.inside('ACK', final);
    caller.socket.close();
    await vi.waitFor(() => { expect(meta.businessCalls[1]?.journal.timeline.at(-1)?.event).toMatch(/closed$/); }, soon);
    expect(await meta.businessCalls[1]?.hangup()).toMatchObject({ by: 'user', byeStatus: 200 });
    expect(business.methods()).toEqual(['BYE', 'BYE']);
  });

  test('is declined when the user hangs up while it rings', async () => {
    const { meta, caller } = await setCaller();
    meta.addUser({ phoneNumber: user, answers: 'ignores' });
    const invite = caller.send({}, [answerTo(await caller.challenge())]);
    await caller.response(invite, (status) => status === 180);
    await onlyCall(meta).hangup();
    expect(await caller.final(invite)).toMatchObject({ status: 486 });
  });

  test('ends when no media comes', async () => {
    const scene = await setCaller();
    scene.meta.addUser({ phoneNumber: user, timings: { firstMediaTimeoutMs: 100 } });
    const { call } = await talk(scene);
    expect(header(await scene.caller.take('BYE'), 'Reason')).toContain('no media');
    expect(await call.ended).toMatchObject({ by: 'meta', byeStatus: 200 });
  });
});

describe('the answer to a business-initiated call', () => {
  test('is repeated until its ACK comes', async () => {
    const { meta, caller } = await setCaller();
    meta.addUser({ phoneNumber: user, timings: { transactionTimeoutMs: 320 } });
    const { final } = await caller.call();
    const sent = () => onlyCall(meta).journal.responses.filter(({ status }) => status === 200).length;
    await vi.waitFor(() => { expect(sent()).toBeGreaterThan(3); }, soon);
    caller.inside('ACK', final);
    await vi.waitFor(() => { expect(onlyCall(meta).journal.timeline.at(-1)?.event).toBe('ACK received'); }, soon);
    const before = sent();
    await new Promise((resolve) => { setTimeout(resolve, 350); });
    expect(sent()).toBe(before);
    expect(onlyCall(meta)).toMatchObject({ active: true, journal: { findings: [] } });
  });

  test('without ACK ends the call with BYE', async () => {
    const { meta, caller } = await setCaller();
    meta.addUser({ phoneNumber: user, timings: { transactionTimeoutMs: 100 } });
    await caller.call();
    await caller.take('BYE');
    expect(await onlyCall(meta).ended).toMatchObject({ by: 'meta' });
    expect(onlyCall(meta).journal.findings).toMatchObject([{ code: 'no_ack' }]);
  });

  test.each([
    ['of another CSeq', { cseq: 1 }, 'ack_wrong'],
    ['that lost the route set', { routes: [] }, 'route_set_lost'],
    ['for another place', { uri: 'sip:x@wa.meta.vc;transport=tls' }, 'request_uri_wrong'],
  ])('is not acknowledged by an ACK %s', async (_, change, code) => {
    const { meta, caller } = await setCaller();
    const { final } = await caller.call();
    caller.inside('ACK', final, change);
    await vi.waitFor(() => { expect(onlyCall(meta).journal.findings).toMatchObject([{ code }]); }, soon);
    const ended = onlyCall(meta).hangup();
    expect(await caller.socket.message((message) => message.kind === 'request', 100)).toBeUndefined();
    caller.inside('ACK', final);
    await caller.take('BYE');
    expect(await ended).toMatchObject({ byeStatus: 200 });
  });
});

describe('inside a dialog of the business Meta', () => {
  test('takes BYE on any connection, once', async () => {
    const scene = await setCaller();
    const { answer, call } = await talk(scene);
    scene.caller.socket = await scene.connect();
    expect(await scene.caller.final(scene.caller.inside('BYE', answer))).toMatchObject({ status: 200 });
    expect(await call.ended).toMatchObject({ by: 'business' });
    expect(await scene.caller.final(scene.caller.inside('BYE', answer))).toMatchObject({ status: 404 });
    expect(call.journal.findings).toMatchObject([{ code: 'unknown_in_dialog' }]);
  });

  test.each([
    ['404 to a BYE without the route set', { routes: [] }, 404, 'route_set_lost'],
    ['404 to a BYE whose routes are swapped', {
      routes: ['<sip:onevc-sip-proxy.fbinfra.net:8191;transport=tls;lr>', '<sip:wa.meta.vc;transport=tls;lr>'],
    }, 404, 'route_set_lost'],
    ['404 to a BYE for another place', { uri: `sip:${user}@wa.meta.vc` }, 404, 'request_uri_wrong'],
    ['500 to a BYE whose CSeq is not higher', { cseq: 2 }, 500, 'cseq_not_higher'],
  ])('says %s, and the call goes on', async (_, change, status, code) => {
    const scene = await setCaller();
    const { answer, call } = await talk(scene);
    expect(await scene.caller.final(scene.caller.inside('BYE', answer, change))).toMatchObject({ status });
    expect(call.journal.findings).toMatchObject([{ code }]);
    expect(call.active).toBe(true);
    const right = scene.caller.inside('BYE', answer, { cseq: 9 });
    expect(await scene.caller.final(right)).toMatchObject({ status: 200 });
  });

  test('refuses every change of the session and records it', async () => {
    const scene = await setCaller();
    const { caller, meta } = scene;
    const { answer, call } = await talk(scene);
    expect(await caller.final(caller.inside('INVITE', answer))).toMatchObject({ status: 500 });
    expect(await caller.final(caller.inside('UPDATE', answer))).toMatchObject({ status: 405 });
    meta.edge.answersOptions = true;
    expect(await caller.final(caller.inside('OPTIONS', answer))).toMatchObject({ status: 200 });
    expect(call.journal.inDialogRequests.map(({ method }) => method)).toEqual(['INVITE', 'UPDATE', 'OPTIONS']);
    expect(call.journal.findings).toEqual([]);
  });

  test('takes no second INVITE without To tag', async () => {
    const scene = await setCaller();
    const { call } = await talk(scene);
    expect(await scene.caller.final(scene.caller.send())).toMatchObject({ status: 482 });
    expect(call.journal.findings).toMatchObject([{ code: 'invite_in_call' }]);
    expect(call.active).toBe(true);
  });
});

describe('the calls of the business', () => {
  test('are listed in order with all their INVITEs, and waited for by user', async () => {
    const { meta, caller } = await setCaller();
    const other = '+447700900124';
    meta.addUser({ phoneNumber: other, userId: 'GB.2' });
    const [first, toOther, toId] = [
      meta.nextBusinessCall(), meta.nextBusinessCall({ to: other }), meta.nextBusinessCall({ to: 'GB.2' }),
    ];
    await caller.challenge({ callId: 'never followed' });
    await caller.call();
    await caller.call({ callId: 'refused', uri: `sip:${other}@wa.meta.vc;transport=tls` });
    expect(meta.businessCalls.map(({ callId, from, to, invites, result }) => [callId, from, to, invites.length, result?.kind]))
      .toEqual([
        ['never followed', phoneNumber, user, 1, undefined], [caller.callId, phoneNumber, user, 2, 'answered'],
        ['refused', phoneNumber, other, 2, 'refused'],
      ]);
    expect(await first).toBe(meta.businessCalls[1]);
    expect(await toOther).toBe(meta.businessCalls[2]);
    expect(await toId).toBe(meta.businessCalls[2]);
    expect(meta.edge.strays).toEqual([]);
  });

  test('are not waited for for ever', async () => {
    const { meta, caller } = await setCaller();
    await caller.call();
    await expect(meta.nextBusinessCall({ timeoutMs: 20 })).rejects.toThrow('no call of the business in 20 ms');
  });

  test('that begin after another are calls of their own, even with the same Call-ID', async () => {
    const { meta, caller } = await setCaller();
    const { final } = await caller.call();
    await caller.final(caller.inside('BYE', final));
    const again = await caller.call();
    expect(again.final).toMatchObject({ status: 200 });
    expect(meta.businessCalls).toHaveLength(2);
    await caller.final(caller.inside('BYE', again.final));
    const late = caller.send({ cseq: cseq(again.invite).number });
    expect(await caller.final(late)).toMatchObject({ status: 500 });
    expect(meta.businessCalls[1]?.journal.findings).toMatchObject([{ code: 'cseq_not_higher' }]);
  });
});
