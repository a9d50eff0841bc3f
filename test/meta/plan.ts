// SPDX-License-Identifier: Apache-2.0
// From a number's settings to a call: where Meta dials, with which password, offering what; or why it does not dial.
import { restrictionsInForce } from './graph/number.ts';
import { additionalCodecs, keyExchange } from './graph/settings/view.ts';
import type { GraphState, NumberState } from './graph/state.ts';
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
    ...mediaOf(number),
    ...(options.codecs && { codecs: options.codecs }),
    ...(options.keyExchange && { keyExchange: options.keyExchange }),
  };
}

function mediaOf(number: NumberState | undefined): Pick<CallPlan, 'codecs' | 'keyExchange'> {
  if (number === undefined) return { codecs: ['opus'], keyExchange: 'SDES' };
  return { codecs: ['opus', ...additionalCodecs(number)], keyExchange: keyExchange(number) };
}

/** For a number that Meta does not know, dialled by order of a test. */
const noServer = { hostname: '', port: 5061, requestUriUserParams: {}, password: '' };

type Rule = (number: NumberState, state: GraphState) => string | undefined;

/** Why a user's call does not even reach the business, in the order Meta is taken to look: each gives its reason. */
const rules: readonly (readonly [PlanFailure, Rule])[] = [
  ['number_not_connected', ({ numberStatus }) =>
    (numberStatus === 'CONNECTED' ? undefined : `the number is ${numberStatus}, not CONNECTED`)],
  ['calling_disabled', ({ calling }) => (calling.status === 'ENABLED' ? undefined : 'calling is off')],
  ['calling_restricted', (number, state) =>
    restrictionsInForce(number, state.now())
      .filter(({ type }) => type !== 'RESTRICTED_BUSINESS_INITIATED_CALLING')
      .map(({ type, reason }) => `${type} is in force: ${reason}`)
      .at(0)],
  ['sip_disabled', ({ calling }) => (calling.sip?.status === 'ENABLED' ? undefined : 'SIP is off')],
  ['no_sip_server', ({ servers }) => (servers.length > 0 ? undefined : 'the number has no SIP server')],
  ['app_in_development', ({ servers: [server] }, state) =>
    (state.app(server?.appId ?? '')?.mode === 'development'
      ? `app ${server?.appId} of the SIP server ${server?.hostname} is in development mode`
      : undefined)],
  ['app_not_authorized', (number, state) => {
    const [server] = number.servers;
    if (state.appHolds(server?.appId ?? '', 'whatsapp_business_messaging', number)) return undefined;
    return `app ${server?.appId} of the SIP server ${server?.hostname} lacks whatsapp_business_messaging`;
  }],
];

function refuse(state: GraphState, phoneNumber: string): PlanRefusal | undefined {
  const number = state.numberByPhone(phoneNumber);
  if (number === undefined) return { failure: 'unknown_number', detail: `Meta knows no number ${phoneNumber}` };
  for (const [failure, rule] of rules) {
    const reason = rule(number, state);
    if (reason !== undefined) return { failure, detail: `${phoneNumber}: ${reason}` };
  }
  return undefined;
}
