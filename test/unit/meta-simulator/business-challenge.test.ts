// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from 'vitest';
import { cseq, header, listHeader, parameter, type SipResponse, topBranch } from '../../meta/sip/message.ts';
import { answerTo, Caller, onlyCall, setCaller } from './caller.ts';
import { closeScenes } from './scene.ts';

afterEach(closeScenes);

const challenges = (response: SipResponse) =>
  response.headers.filter(({ name }) => name === 'Proxy-Authenticate').map(({ value }) => value);
const nonces = (response: SipResponse) => challenges(response).map((value) => /nonce="([0-9a-f]{16})"/.exec(value)?.[1]);

describe('the challenge to an INVITE', () => {
  test.each([
    ['MD5', ['MD5']],
    ['SHA-256', ['SHA-256']],
    ['SHA-256+MD5', ['SHA-256', 'MD5']],
    ['MD5+SHA-256', ['MD5', 'SHA-256']],
  ] as const)('comes as %s, and each of its algorithms is accepted', async (form, algorithms) => {
    const { meta, caller } = await setCaller();
    meta.edge.challenges = form;
    for (const algorithm of algorithms) {
      const { challenge, final } = await caller.call({ algorithm, callId: algorithm });
      expect(challenges(challenge)).toEqual(algorithms.map((name) => expect.stringMatching(new RegExp(
        `^Digest realm="wa\\.meta\\.vc",nonce="[0-9a-f]{16}",opaque="[0-9a-f]{16}",algorithm=${name},qop="auth"$`,
      ))));
      expect(new Set(nonces(challenge)).size).toBe(algorithms.length);
      expect(final).toMatchObject({ status: 200 });
      await caller.final(caller.inside('BYE', final));
    }
  });

  test('is SHA-256 before MD5 unless a test says otherwise', async () => {
    const { meta, caller } = await setCaller();
    expect(meta.edge.challenges).toBe('SHA-256+MD5');
    expect(challenges(await caller.challenge())).toHaveLength(2);
  });

  test('reflects the request, has the branch as To tag and no Contact', async () => {
    const { meta, caller } = await setCaller();
    const invite = caller.send();
    const challenge = await caller.final(invite);
    expect(challenge).toMatchObject({ status: 407, reason: 'Proxy Authentication Required' });
    for (const name of ['Via', 'Record-Route', 'From', 'Call-ID', 'CSeq']) {
      expect(listHeader(challenge, name)).toEqual(listHeader(invite, name));
    }
    expect(parameter(header(challenge, 'To') ?? '', 'tag')).toBe(topBranch(invite));
    expect(header(challenge, 'Contact')).toBeUndefined();
    expect(onlyCall(meta).journal.findings).toEqual([]);
  });

  test('comes again for a nonce that Meta does not know or has forgotten', async () => {
    const { meta, caller } = await setCaller();
    const challenge = await caller.challenge();
    const unknown = await caller.final(caller.send({}, [answerTo(challenge, { fields: { nonce: '0000000000000000' } })]));
    expect(unknown).toMatchObject({ status: 407 });
    meta.edge.forgetNonces();
    expect(await caller.final(caller.send({}, [answerTo(challenge)]))).toMatchObject({ status: 407 });
    const other = [{ name: 'Proxy-Authorization', value: 'Basic c2VjcmV0' }];
    expect(await caller.final(caller.send({}, other))).toMatchObject({ status: 407 });
    expect(onlyCall(meta).invites).toHaveLength(4);
  });

  test('lets a nonce be used again with a count that rises, and challenges anew where it does not', async () => {
    const { meta, caller } = await setCaller();
    const { challenge, final } = await caller.call();
    await caller.final(caller.inside('BYE', final));
    const next = (nc: string, callId: string) => caller.final(caller.send({ callId }, [answerTo(challenge, { nc })]));
    const second = await next('00000002', 'second');
    expect(second).toMatchObject({ status: 200 });
    await caller.final(caller.inside('BYE', second));
    const same = await next('00000002', 'third');
    expect(same).toMatchObject({ status: 407 });
    expect(nonces(same)).not.toEqual(nonces(challenge));
    expect(await next('00000001', 'fourth')).toMatchObject({ status: 407 });
    expect(await next('0000000a', 'fifth')).toMatchObject({ status: 200 });
    expect(meta.businessCalls).toHaveLength(5);
  });
});

describe('the INVITE after a challenge', () => {
  test('gets 500 and a finding when its CSeq is the same, and is taken when it is then higher', async () => {
    const { meta, caller } = await setCaller();
    const invite = caller.send();
    const challenge = await caller.final(invite);
    const repeated = await caller.final(caller.send({ cseq: cseq(invite).number }, [answerTo(challenge)]));
    expect(repeated).toMatchObject({ status: 500 });
    const call = onlyCall(meta);
    expect(call.journal.findings).toMatchObject([{ code: 'cseq_not_higher' }]);
    expect(call.result).toBeUndefined();
    expect(await caller.final(caller.send({}, [answerTo(challenge)]))).toMatchObject({ status: 200 });
    expect(call.result).toMatchObject({ kind: 'answered', status: 200 });
  });

  test('may come on another connection', async () => {
    const { meta, business, caller, connect } = await setCaller();
    const challenge = await caller.challenge();
    const other = new Caller(business, await connect());
    other.sequence = 7;
    const final = await other.final(other.send({ callId: caller.callId }, [answerTo(challenge)]));
    expect(final).toMatchObject({ status: 200 });
    expect(onlyCall(meta).invites).toHaveLength(2);
  });
});

describe('the edge’s certificate', () => {
  test('can be another one for new connections, and the right one again', async () => {
    const { meta, connect } = await setCaller();
    const other = await meta.identityFor('other.example.test');
    meta.edge.present(other);
    const names = async () => {
      const socket = await connect();
      return socket.certificateNames;
    };
    expect(await names()).toBe('DNS:other.example.test');
    meta.edge.present();
    expect(await names()).toBe('DNS:wa.meta.vc');
  });

  test('is asked for by name, which the edge notes', async () => {
    const { meta, connect } = await setCaller();
    await connect();
    (await meta.raw({ host: '127.0.0.1', port: meta.edge.port, tls: true })).close();
    expect(meta.edge.serverNames).toEqual(['wa.meta.vc', 'wa.meta.vc']);
  });
});
