// SPDX-License-Identifier: Apache-2.0
// Every SIP answer that ends or refuses something, with its reason: docs/operations.md has the same words, and the command line
// tells them of a call. Links are those of the docs folder.

/** Whom an answer goes to: Meta, whoever inside makes a call, or the inside within a call. */
export type Leg = 'Meta' | 'Inside' | 'Call';

export interface Answer {
  leg: Leg;
  code: number;
  /** Reason phrase; … stands for any text, and without one it is for all of the code that are not listed. */
  phrase: string;
  /** With whom it lies. */
  who: 'caller' | 'user' | 'destination' | 'configuration' | 'limit' | 'network' | 'proxy' | 'media pod' | 'Meta';
  sentence: string;
  /** What helps; empty where nothing has to. */
  cure: string;
}

export const ANSWERS: readonly Answer[] = [
  { leg: 'Meta', code: 403, phrase: 'Source Network Not Allowed', who: 'caller', sentence: 'the source address is outside `spec.access.sourceNetworks`', cure: 'if it was Meta: add its network. If it is an address of your own cluster: the load balancer hides the source address' },
  { leg: 'Meta', code: 403, phrase: 'Wrong Digest Answer', who: 'configuration', sentence: 'the password is not the one that Meta made last, or somebody guesses', cure: 'see [rotating](settings-at-meta.md#rotating-things)' },
  { leg: 'Meta', code: 403, phrase: 'Digest User Is Not The Number Called', who: 'caller', sentence: 'credentials of one number used for another', cure: '' },
  { leg: 'Meta', code: 404, phrase: 'Number Not Served Here', who: 'configuration', sentence: 'no programmed WhatsAppNumber with this number on this gateway', cure: '`kubectl get wan`' },
  { leg: 'Meta', code: 404, phrase: 'No Such Call', who: 'caller', sentence: 'a request inside a call that the proxy has no part in', cure: '' },
  { leg: 'Meta', code: 405, phrase: 'Method Not Allowed', who: 'caller', sentence: 'a method that sets up no call', cure: '' },
  { leg: 'Meta', code: 407, phrase: '', who: 'proxy', sentence: 'the challenge; it belongs to every call', cure: '' },
  { leg: 'Meta', code: 480, phrase: 'No Route For This Call', who: 'configuration', sentence: 'the number has routes, but the call meets the match of none', cure: 'add one [without a match](siproute.md#several-routes-of-a-number), or widen one' },
  { leg: 'Meta', code: 500, phrase: 'Routes Cannot Be Read', who: 'proxy', sentence: "the proxy cannot read the number's row, which is a mistake of ours", cure: "report it with the proxy's log; edit the route, which writes the row anew" },
  { leg: 'Meta', code: 480, phrase: 'No Route For This Number', who: 'configuration', sentence: 'no inbound SipRoute names the number', cure: 'create one' },
  { leg: 'Meta', code: 486, phrase: 'All Lines Of This Gateway Are Busy', who: 'limit', sentence: 'the gateway has as many calls as its [`maxCalls`](sipgateway.md), of all numbers together', cure: 'raise it, or wait: a line is free a second after a call has ended' },
  { leg: 'Meta', code: 486, phrase: 'All Lines Of This Number Are Busy', who: 'limit', sentence: 'the number has as many calls as its [`maxCalls`](whatsappnumber.md)', cure: 'raise it, or wait: a line is free a second after its call has ended' },
  { leg: 'Meta', code: 486, phrase: 'All Destinations Are Busy', who: 'limit', sentence: 'every destination of the route that was left has as many calls as its [`maxCalls`](siproute.md#limits)', cure: 'raise it, or add a destination' },
  { leg: 'Meta', code: 480, phrase: 'Destination Did Not Answer', who: 'destination', sentence: 'the destination rang for 120 s. Meta normally gives up before', cure: '' },
  { leg: 'Meta', code: 483, phrase: 'Too Many Hops', who: 'configuration', sentence: 'the request went in a circle', cure: 'does the destination point back at the gateway?' },
  { leg: 'Meta', code: 488, phrase: 'No Session Description', who: 'caller', sentence: 'an INVITE without SDP', cure: '' },
  { leg: 'Meta', code: 488, phrase: 'No Codec In Common', who: 'configuration', sentence: "the route's last destination must not be [transcoded](siproute.md#audio) to, and Meta offers none of its codecs", cure: "add one of Meta's to `media.codecs`, G.711 to the number's `additionalCodecs`, or let it be transcoded" },
  { leg: 'Meta', code: 502, phrase: 'Destination Asks For Credentials', who: 'destination', sentence: 'the PBX challenged with 401 or 407, and no credentials were right', cure: "give the destination [`credentials`](siproute.md#credentials), with the realm of its challenge, or let the PBX trust the proxies' addresses" },
  { leg: 'Meta', code: 502, phrase: 'Destination Redirects Elsewhere', who: 'destination', sentence: 'the PBX answered 3xx', cure: 'put the final address into the route' },
  { leg: 'Meta', code: 503, phrase: 'Destination Unreachable', who: 'destination', sentence: 'the name does not resolve, TCP does not connect, or nothing came back within 5 s', cure: "check the route's URI from inside the cluster" },
  { leg: 'Meta', code: 503, phrase: 'No Media Relay', who: 'media pod', sentence: 'no media pod took the call', cure: '`MediaReady` of the gateway' },
  { leg: 'Meta', code: 503, phrase: 'All Media Relays Are Full', who: 'media pod', sentence: 'every media pod has as many calls as [`spec.media.callsPerPod`](sipgateway.md) lets it have', cure: 'more are on their way as far as `spec.media.maxPods` allows. Raise it, or keep more [`freeCapacity`](scaling.md)' },
  { leg: 'Inside', code: 403, phrase: 'From Is No Number That May Call', who: 'caller', sentence: 'neither `From` nor `P-Asserted-Identity` names a number that an outbound route names', cure: 'send the number as the user of `From`' },
  { leg: 'Inside', code: 407, phrase: '', who: 'proxy', sentence: 'the challenge; whoever calls as a user of `sources.users` gets it first', cure: '' },
  { leg: 'Inside', code: 403, phrase: 'Wrong Digest Answer', who: 'caller', sentence: 'the user is none of `sources.users`, or the password is another', cure: "compare it with the user's Secret; the realm is the gateway's hostname" },
  { leg: 'Inside', code: 403, phrase: 'Source Network May Not Call By This Number', who: 'configuration', sentence: 'no outbound route of the number has the address in its `sources`', cure: "add the PBX's address" },
  { leg: 'Inside', code: 403, phrase: 'No Route Takes Calls To This User Now', who: 'configuration', sentence: 'those that have the address do not match: country, callee or hours', cure: 'widen `match`' },
  { leg: 'Inside', code: 403, phrase: 'WhatsApp Lets No Number Of … Call', who: 'Meta', sentence: 'Meta lets numbers of some countries call nobody', cure: 'call with a number of another country' },
  { leg: 'Inside', code: 403, phrase: 'No Approved Call Permission Found …', who: 'user', sentence: 'Meta: the user has given no permission, or is no WhatsApp user', cure: 'ask the user by message' },
  { leg: 'Inside', code: 403, phrase: 'User Has Given No Call Permission', who: 'user', sentence: 'the route asks before it calls, and the user has not agreed', cure: "send the call again with `X-WA-Request-Permission: yes`, where the answer's `X-WA-Permission-Request` says that it is [possible](siproute.md#permission)" },
  { leg: 'Inside', code: 403, phrase: 'User Was Asked For Call Permission', who: 'user', sentence: 'the user has not agreed, and was sent a request just now', cure: 'call again once the user has' },
  { leg: 'Inside', code: 480, phrase: 'User Was Called As Often As Meta Allows', who: 'limit', sentence: 'Meta puts 100 calls a day through to one user', cure: 'wait for as long as `Retry-After` says' },
  { leg: 'Inside', code: 403, phrase: '…digest…', who: 'configuration', sentence: 'Meta: the SIP password is not the one that Meta made last', cure: 'see [rotating](settings-at-meta.md#rotating-things)' },
  { leg: 'Inside', code: 404, phrase: 'Dial The Number In International Form', who: 'caller', sentence: "the user of the Request-URI is neither a number in international form nor Meta's id of a user", cure: "let the PBX's dial plan make it so" },
  { leg: 'Inside', code: 480, phrase: 'User Did Not Answer', who: 'user', sentence: 'nobody took the call', cure: '' },
  { leg: 'Inside', code: 486, phrase: '', who: 'user', sentence: 'the user declined', cure: '' },
  { leg: 'Inside', code: 486, phrase: 'All Lines Of This Gateway Are Busy', who: 'limit', sentence: 'the gateway has as many calls as its [`maxCalls`](sipgateway.md), of all numbers together', cure: 'raise it, or wait' },
  { leg: 'Inside', code: 486, phrase: 'All Lines Of This Number Are Busy', who: 'limit', sentence: 'the number has as many calls as its [`maxCalls`](whatsappnumber.md), in both directions together', cure: 'raise it, or wait' },
  { leg: 'Inside', code: 488, phrase: 'No Session Description', who: 'caller', sentence: 'an INVITE without SDP: Meta wants an offer', cure: '' },
  { leg: 'Inside', code: 488, phrase: 'No Voice Offered', who: 'caller', sentence: 'the first stream of the offer is not voice', cure: '' },
  { leg: 'Inside', code: 500, phrase: '', who: 'Meta', sentence: 'Meta gives no reason. Known causes: a session description that it does not like, a fault of its own', cure: "the proxy's log has the call's id: ask Meta with it" },
  { leg: 'Inside', code: 502, phrase: 'Certificate Is Not That Of wa.meta.vc', who: 'network', sentence: 'whoever answers at `wa.meta.vc` is somebody else; no credentials were sent', cure: "the proxies' DNS, or a device that opens TLS" },
  { leg: 'Inside', code: 502, phrase: 'WhatsApp Redirects Elsewhere', who: 'Meta', sentence: 'Meta answers 3xx, which it documents nowhere', cure: 'report it' },
  { leg: 'Inside', code: 502, phrase: 'Challenge Of Meta Cannot Be Answered', who: 'Meta', sentence: 'Meta asks for an algorithm or a realm that is not known', cure: 'report it' },
  { leg: 'Inside', code: 503, phrase: 'WhatsApp Cannot Be Reached', who: 'network', sentence: '`wa.meta.vc` does not resolve, or TCP or TLS to port 5061 fails', cure: 'let the proxies out to it' },
  { leg: 'Inside', code: 503, phrase: 'No Media Relay', who: 'media pod', sentence: 'no media pod took the call', cure: '`MediaReady` of the gateway' },
  { leg: 'Inside', code: 503, phrase: 'All Media Relays Are Full', who: 'media pod', sentence: 'every media pod has as many calls as [`spec.media.callsPerPod`](sipgateway.md) lets it have', cure: 'more are on their way as far as `spec.media.maxPods` allows. Raise it, or keep more [`freeCapacity`](scaling.md)' },
  { leg: 'Call', code: 488, phrase: 'WhatsApp Calls Cannot Be Renegotiated', who: 'proxy', sentence: 'a re-INVITE or UPDATE that [cannot be answered](#what-the-inside-may-change): a fax, or the media pod has lost the call. The call goes on as it was', cure: '' },
  { leg: 'Call', code: 405, phrase: 'Method Not Allowed Inside A Call', who: 'proxy', sentence: 'REFER, MESSAGE and others: for a transfer let the PBX bridge the two calls itself', cure: '' },
  { leg: 'Call', code: 415, phrase: 'Session Description Expected', who: 'caller', sentence: 'a re-INVITE or UPDATE with another body than SDP, also a multipart one', cure: '' },
  { leg: 'Call', code: 415, phrase: 'Key Presses Go By RFC 4733 Only', who: 'caller', sentence: 'INFO with a body: let the PBX send key presses as telephone-event. INFO without a body gets a 200', cure: '' },
  { leg: 'Call', code: 489, phrase: 'Bad Event', who: 'proxy', sentence: 'SUBSCRIBE inside a call', cure: '' },
  { leg: 'Call', code: 404, phrase: 'No Such Call', who: 'caller', sentence: "a request inside a call without the proxy's Route headers", cure: '' },
];

/** Why an answer was given; undefined where it is not one of ours or Meta's known ones. */
export function explain(leg: Leg, code: number, phrase: string): Answer | undefined {
  const known = ANSWERS.filter((answer) => answer.leg === leg && answer.code === code);
  return known.find((answer) => answer.phrase !== '' && fits(answer.phrase, phrase)) ?? known.find((answer) => answer.phrase === '');
}

/** Without regard to case: Meta is not known to keep to one. */
function fits(pattern: string, phrase: string): boolean {
  const parts = pattern.split('…').map((part) => part.trim().replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'i').test(phrase);
}

/** Where the docs speak of an answer. */
export const anchorOf = ({ leg, code, phrase }: Answer): string =>
  ['answer', leg, String(code), ...phrase.split(/[^A-Za-z0-9.]+/)].filter(Boolean).join('-').toLowerCase();
