// SPDX-License-Identifier: Apache-2.0
// What tests of calls to users have in common: who may call, how a desk dials, and what Meta and the proxy saw of it.
import type { BusinessCall } from '../meta/sip/business/call.ts';
import type { SipResponse } from '../meta/sip/message.ts';
import type { Desk, Dialling } from '../pbx/desk.ts';
import { STRANGER_ADDRESS } from '../stage/meta.ts';
import { podsOf } from './pods.ts';
import { NAMESPACE, type World } from './world.ts';

/** A route by which the desks of tests may call with some numbers. */
export const outboundManifest = (name: string, numbers: readonly string[], spec: object = {}): object => ({
  apiVersion: 'trunkline.dev/v1alpha1',
  kind: 'SipRoute',
  metadata: { name },
  spec: { direction: 'Outbound', numbers: numbers.map((each) => ({ name: each })), sources: { networks: [`${STRANGER_ADDRESS}/32`] }, ...spec },
});

/** A desk dials by the first proxy. */
export async function dialOut(world: World, desk: Desk, options: Omit<Dialling, 'proxy'> & { tls?: boolean }): Promise<SipResponse> {
  const [proxy] = await podsOf(world, 'proxy');
  return desk.dial({ proxy: { host: proxy?.status.podIP ?? '', port: options.tls ? 5063 : 5060 }, ...options });
}

/** What Meta saw of the last call to a user. */
export function seen(world: World, to: string): BusinessCall {
  const call = world.meta.businessCalls.findLast((each) => each.to === to);
  if (!call) throw new Error(`no call to ${to} was seen at Meta`);
  return call;
}

/** What each proxy shows at /metrics. */
export async function metricsOf(world: World): Promise<string[]> {
  const proxies = await podsOf(world, 'proxy');
  return Promise.all(proxies.map(({ metadata }) => world.client.getText(`/api/v1/namespaces/${NAMESPACE}/pods/${metadata.name}:8080/proxy/metrics`)));
}

/** How many calls the first proxy has counted as `refused` or `declined` for a reason. */
export async function counted(world: World, what: 'refused' | 'declined', reason: string): Promise<number> {
  const [text = ''] = await metricsOf(world);
  return Number(new RegExp(`^trunkline_calls_${what}_total\\{reason="${reason}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
}
