// SPDX-License-Identifier: Apache-2.0
// A call's set-up message by message, on connections of the test's own choice.
import { randomBytes, randomUUID } from 'node:crypto';
import { buildOffer } from '../meta/media/sdp.ts';
import { credentials, parseChallenge } from '../meta/sip/digest.ts';
import { cseq, header, serialise, type Header, type SipResponse } from '../meta/sip/message.ts';
import type { RawSocket } from '../meta/sip/raw.ts';
import { buildInvite } from '../meta/sip/requests.ts';
import { APP, META_ADDRESS } from '../stage/meta.ts';
import type { Line, World } from './world.ts';

/** Until a final answer must have come; what the test waits for is whether and which, not when. */
const ANSWER_MS = 60_000;

export class Attempt {
  readonly #wacid = `wacid.HBgL${randomBytes(36).toString('base64url')}`;
  readonly #fromTag = randomUUID();
  readonly #number: string;
  readonly #password: string;
  #sequence = 0;

  /** `password` instead of the one that Meta made. */
  constructor({ meta }: World, { phoneNumber, phoneNumberID }: Line, password = meta.sipPassword(phoneNumberID, APP) ?? '') {
    this.#number = phoneNumber;
    this.#password = password;
  }

  /** Sends an INVITE, with credentials for a challenge where one is given, and returns its final answer. */
  async invite(socket: RawSocket, challenge?: SipResponse): Promise<SipResponse> {
    this.#sequence += 1;
    const number = this.#sequence;
    const request = buildInvite(
      {
        businessNumber: this.#number,
        hostname: 'sip.example.com',
        userParameters: {},
        from: '+15550002222',
        userId: 'US.15550002222',
        wacid: this.#wacid,
        fromTag: this.#fromTag,
        cseq: number,
        extraHeaders: [],
        sdp: buildOffer({ address: META_ADDRESS, port: 9, key: randomBytes(30), ssrc: 1, sessionId: 1, codecs: ['opus'] }),
      },
      { localAddress: META_ADDRESS, localPort: 5061 },
      challenge && this.#authorization(challenge),
    );
    socket.send(serialise(request));
    const answer = await socket.message(
      (message) => message.kind === 'response' && message.status >= 200 && cseq(message).number === number,
      ANSWER_MS,
    );
    if (answer?.kind !== 'response') throw new Error(`INVITE ${number} had no final answer: ${socket.received.toString()}`);
    return answer;
  }

  #authorization(response: SipResponse): Header {
    const challenge = parseChallenge(header(response, 'Proxy-Authenticate') ?? '');
    if (!challenge) throw new Error(`${response.status} ${response.reason} is no challenge`);
    const value = credentials(challenge, {
      username: this.#number.replace('+', ''),
      password: this.#password,
      method: 'INVITE',
      uri: `sip:${this.#number}@sip.example.com`,
      cnonce: randomBytes(8).toString('hex'),
      nc: '00000001',
    });
    return { name: 'Proxy-Authorization', value };
  }
}
