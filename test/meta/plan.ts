// SPDX-License-Identifier: Apache-2.0
// From a number's settings to a call: where Meta dials, with which password, offering what; or why it does not dial.
import { additionalCodecs, keyExchange } from './graph/settings.ts';
import type { GraphState } from './graph/state.ts';
import type { CallOptions, CallPlan, PlanFailure } from './sip/outcome.ts';

export interface PlanRefusal {
  readonly failure: PlanFailure;
  readonly detail: string;
}

/** Decides as Meta does; with `options.server` given, the settings do not matter. */
export function planCall(state: GraphState, options: CallOptions): CallPlan | PlanRefusal {
  const refusal = options.server === undefined ? refuse(state, options.to) : undefined;
  if (refusal) return refusal;
  const number = state.numberByPhone(options.to);
  const stored = number?.servers[0] ?? noServer;
  return {
    businessNumber: options.to,
    hostname: options.server?.hostname ?? stored.hostname,
    port: options.server === undefined ? stored.port : (options.server.port ?? noServer.port),
    userParameters: stored.requestUriUserParams,
    password: options.password ?? stored.password,
    codecs: options.codecs ?? ['opus', ...(number ? additionalCodecs(number) : [])],
  };
}

/** For a number that Meta does not know, dialled by order of a test. */
const noServer = { hostname: '', port: 5061, requestUriUserParams: {}, password: '' };

function refuse(state: GraphState, phoneNumber: string): PlanRefusal | undefined {
  const number = state.numberByPhone(phoneNumber);
  if (number === undefined) return { failure: 'unknown_number', detail: `Meta knows no number ${phoneNumber}` };
  const { calling, servers: [server], phoneNumberID } = number;
  if (calling.status !== 'ENABLED') return { failure: 'calling_disabled', detail: `${phoneNumber}: calling is off` };
  if (calling.sip?.status !== 'ENABLED') return { failure: 'sip_disabled', detail: `${phoneNumber}: SIP is off` };
  if (server === undefined) return { failure: 'no_sip_server', detail: `${phoneNumber} has no SIP server` };
  if (!state.appHolds(server.appId, 'whatsapp_business_messaging', phoneNumberID)) {
    const detail = `app ${server.appId} of the SIP server ${server.hostname} lacks whatsapp_business_messaging`;
    return { failure: 'app_not_authorized', detail };
  }
  if (keyExchange(number) === 'SDES') return undefined;
  const detail = `${phoneNumber} is set to DTLS (the default); this simulator places SDES calls only`;
  return { failure: 'key_exchange_not_simulated', detail };
}
