// SPDX-License-Identifier: Apache-2.0
// From an INVITE of the business to a call, or Meta's refusal. Source: "SIP" and "Troubleshooting"; where the latter
// names a reason without its text, the text here is made up.
import { isIP } from 'node:net';
import { hasBusinessCalls, pauseOfBusinessCalls } from './graph/calling.ts';
import { connectedCallsPerDay, consentLimits } from './graph/consent.ts';
import type { NumberState, SipServer } from './graph/number.ts';
import { additionalCodecs, keyExchange } from './graph/settings/view.ts';
import type { GraphState } from './graph/state.ts';
import { type Offer, parseOffer } from './media/offered.ts';
import { SdpError } from './media/sdperror.ts';
import type { Proof } from './sip/business/challenger.ts';
import { checkProof, proves } from './sip/business/proof.ts';
import { Refusal } from './sip/business/refusal.ts';
import { header, type SipRequest } from './sip/message.ts';
import { metaDomain } from './sip/requests.ts';
import { parseUri, uriOf } from './sip/uri.ts';
import type { UserState } from './user.ts';

export interface Attempt {
  readonly invite: SipRequest;
  readonly proof: Proof;
  /** Whether the two are in a call, or about to be. */
  busy(number: NumberState, user: UserState): boolean;
}

export interface Admission {
  readonly number: NumberState;
  readonly user: UserState;
  readonly offer: Offer;
  /** The user took the call. */
  connected(): void;
  /** The user did not. */
  missed(): void;
}

/** Looks at the attempt in a fixed order (assumed; Meta documents none). Throws Refusal. */
export function admit(state: GraphState, attempt: Attempt): Admission {
  const { invite, proof } = attempt;
  const target = targetOf(invite);
  const { number, host } = callerOf(state, invite);
  const server = serverOf(number, host, (candidate) => proves(invite, proof, candidate.password));
  if (!state.appHolds(server.appId, 'whatsapp_business_messaging', number)) {
    throw new Refusal(403, `The app ${server.appId} configured for SIP server ${server.hostname} is not authorized `
      + `for phone number id ${number.phoneNumberID}`);
  }
  checkProof(invite, proof, { username: number.phoneNumber.replace('+', ''), password: server.password });
  const reason = numberRules.map((rule) => rule(number, state)).find((text) => text !== undefined);
  if (reason !== undefined) throw new Refusal(403, reason);
  const user = state.user(target);
  const consent = user && state.consent(number, user);
  // One text for both, so that nobody learns who is on WhatsApp.
  if (user === undefined || consent === undefined || consent.permission(state.now()).grant === 'none') {
    throw new Refusal(403, 'No Approved Call Permission Found');
  }
  if (attempt.busy(number, user)) throw new Refusal(403, 'Duplicate call: there is an active call with this user');
  if (consent.connectedCalls(state.now()).count >= connectedCallsPerDay) {
    throw new Refusal(403, `Limit reached: ${connectedCallsPerDay} connected calls to this user in 24 hours`);
  }
  return {
    number,
    user,
    offer: offerOf(invite, number),
    connected: () => consent.connected(state.now()),
    missed: () => consent.missed(consentLimits(number)),
  };
}

/** The user part: E.164 with `+`, or a BSUID. */
function targetOf({ uri }: SipRequest): string {
  const parsed = parseUri(uri);
  const { scheme, host, user } = parsed ?? { scheme: undefined, host: '', user: '' };
  const callable = /^(\+[1-9]\d{4,14}|[A-Z]{2}\.[A-Za-z0-9]{1,128})$/.test(user);
  if (scheme === 'sip' && isIP(host) === 0 && host.toLowerCase() === metaDomain && callable) return user;
  throw new Refusal(404, 'Not Found');
}

function callerOf(state: GraphState, invite: SipRequest): { number: NumberState; host: string } {
  const { user, host } = parseUri(uriOf(header(invite, 'From') ?? '')) ?? { user: '', host: '' };
  const number = user.startsWith('+') ? state.numberByPhone(user) : undefined;
  if (number === undefined) throw new Refusal(400, 'Asset not found');
  return { number, host };
}

/** The server that From names, or one below it. Of several apps' servers the one whose password was used. */
function serverOf(number: NumberState, host: string, isRight: (server: SipServer) => boolean): SipServer {
  const wanted = host.toLowerCase();
  const same = number.servers.filter(({ hostname }) => hostname.toLowerCase() === wanted);
  const below = number.servers.filter(({ hostname }) => hostname.toLowerCase().endsWith(`.${wanted}`));
  const candidates = [...same, ...below];
  const server = candidates.find(isRight) ?? candidates[0];
  if (server !== undefined) return server;
  throw new Refusal(403, `SIP server ${host} from INVITE does not match any SIP server configured for phone number id `
    + number.phoneNumberID);
}

type Rule = (number: NumberState, state: GraphState) => string | undefined;

/** Each gives its reason. */
const numberRules: readonly Rule[] = [
  ({ numberStatus }) => (numberStatus === 'CONNECTED' ? undefined : `The phone number is ${numberStatus}`),
  ({ calling }) =>
    (calling.status === 'ENABLED' && calling.sip?.status === 'ENABLED'
      ? undefined
      : 'Calling with SIP is not enabled for the phone number'),
  (number) =>
    (hasBusinessCalls(number)
      ? undefined
      : `Business-initiated calling is not available for phone numbers of ${number.countryCode}`),
  (number, state) => {
    const pause = pauseOfBusinessCalls(number, state.now());
    return pause && `Business-initiated calling is paused: ${pause.reason}`;
  },
  (number, state) =>
    (state.accountOf(number).primaryFundingID === undefined
      ? 'Not eligible for payment: the account has no payment method'
      : undefined),
];

function offerOf(invite: SipRequest, number: NumberState): Offer {
  try {
    return parseOffer(invite.body.toString(), {
      additional: additionalCodecs(number), keyExchange: keyExchange(number),
    });
  } catch (error) {
    if (!(error instanceof SdpError)) throw error;
    throw new Refusal(403, `SDP validation failed: ${error.message}`);
  }
}
