// SPDX-License-Identifier: Apache-2.0
// Whether the credentials of an INVITE prove what they must. Source: "SIP" (samples) and reports from the field.
import { digestResponse } from '../digest.ts';
import { header, parameter, type SipRequest } from '../message.ts';
import { parseUri, type SipUri, uriOf } from '../uri.ts';
import type { Proof } from './challenger.ts';
import { Refusal } from './refusal.ts';

/** Throws Refusal. */
export function checkProof(invite: SipRequest, proof: Proof, wanted: { username: string; password: string }): void {
  const { challenge, fields } = proof;
  if (!isAboutTo(fields.get('uri') ?? '', invite)) throw new Refusal(403, 'Proxy auth uri does not match SIP "to" uri');
  if (fields.get('username') !== wanted.username) throw invalidDigest(`the username is not ${wanted.username}`);
  if ((fields.get('algorithm') ?? 'MD5').toUpperCase() !== challenge.algorithm) {
    throw invalidDigest(`the nonce was given for ${challenge.algorithm}`);
  }
  if (fields.get('opaque') !== challenge.opaque) throw invalidDigest('opaque is not what the challenge said');
  if (!proves(invite, proof, wanted.password)) throw invalidDigest('the response is wrong');
}

/** Whether the response was made with this password. */
export function proves({ method }: SipRequest, { challenge, fields }: Proof, password: string): boolean {
  const field = (name: string) => fields.get(name) ?? '';
  const input = { username: field('username'), uri: field('uri'), cnonce: field('cnonce'), nc: field('nc') };
  return field('qop') === 'auth' && field('response') === digestResponse(challenge, { ...input, password, method });
}

/** The uri is the request URI, with or without its transport and port, and has user and host of To. */
function isAboutTo(text: string, invite: SipRequest): boolean {
  const to = bareTo(invite);
  const [uri, request] = [parseUri(text), parseUri(invite.uri)];
  if (!uri || !to || !request) return false;
  const transport = uri.parameters.get('transport')?.toLowerCase() ?? 'tls';
  const portFits = uri.port === undefined || uri.port === request.port;
  return transport === 'tls' && portFits && samePlace(uri, to) && samePlace(uri, request);
}

/** A To with a transport was refused in the field, wherever the parameter stood: undefined then. */
function bareTo(invite: SipRequest): SipUri | undefined {
  const value = header(invite, 'To') ?? '';
  const uri = parseUri(uriOf(value));
  return uri?.parameters.has('transport') === true || parameter(value, 'transport') !== undefined ? undefined : uri;
}

function samePlace(one: SipUri, other: SipUri): boolean {
  return one.scheme === other.scheme && one.user === other.user && one.host.toLowerCase() === other.host.toLowerCase();
}

function invalidDigest(detail: string): Refusal {
  return new Refusal(403, `Invalid digest auth response: ${detail}`);
}
