// SPDX-License-Identifier: Apache-2.0
// Digest as a PBX asks for it (RFC 7616, RFC 8760): who calls without the right credentials is challenged.
import { randomBytes } from 'node:crypto';
import { digestFields, digestResponse } from '../meta/sip/digest.ts';
import { header, type SipRequest } from '../meta/sip/message.ts';
import type { Refusal } from './desk.ts';

export interface Account {
  username: string;
  password: string;
  realm: string;
  algorithm: 'MD5' | 'SHA-256';
  /** 401 asks as a server does, 407 as a proxy. */
  code: 401 | 407;
}

/** What a PBX with such an account answers an INVITE; undefined where the credentials are right. */
export function guard({ username, password, realm, algorithm, code }: Account): (invite: SipRequest) => Refusal | undefined {
  const nonce = randomBytes(12).toString('hex');
  const [asks, answers] = code === 401 ? ['WWW-Authenticate', 'Authorization'] : ['Proxy-Authenticate', 'Proxy-Authorization'];
  return (invite) => {
    const given = digestFields(header(invite, answers) ?? '');
    const [cnonce = '', nc = '', uri = ''] = ['cnonce', 'nc', 'uri'].map((name) => given?.get(name));
    const right = digestResponse({ realm, nonce, opaque: undefined, algorithm, qop: ['auth'] }, { username, password, method: 'INVITE', uri, cnonce, nc });
    if (given?.get('username') === username && uri === invite.uri && given.get('response') === right) return undefined;
    return { code, reason: 'Unauthorized', headers: [{ name: asks, value: `Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"` }] };
  };
}
