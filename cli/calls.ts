// SPDX-License-Identifier: Apache-2.0
// The calls that there are now, and what the proxies remember of one.
import * as z from 'zod';
import type { Packet } from '../media/agent/trace/hep.ts';
import type { ProxyTrace } from './ladder.ts';
import { UsageError } from './manifests.ts';
import type { Proxies, Told } from './proxies.ts';

const liveCall = z.object({
  callId: z.string(),
  since: z.number(),
  digits: z.string(),
  direction: z.enum(['Inbound', 'Outbound']),
  route: z.string().optional(),
  destination: z.string().optional(),
  isAnswered: z.boolean(),
  canEnd: z.boolean(),
});
const ended = z.object({ ended: z.boolean() });
const calls = z.object({ calls: z.array(liveCall) });

const packet = z.object({ at: z.number(), from: z.string(), to: z.string(), text: z.string() });
const note = z.object({ at: z.number(), callId: z.string(), note: z.string() });
// A proxy of an earlier version has no notes.
const traces = z.object({ address: z.string(), calls: z.array(z.object({ callId: z.string(), messages: z.array(packet), notes: z.array(note).default([]) })) });

/** With one of the proxies that know of it. */
export type LiveCall = z.infer<typeof liveCall> & { gateway: string; pod: string };

/** The live calls of all gateways, the oldest first; every proxy of a gateway tells all of them. */
export async function liveCalls(proxies: Pick<Proxies, 'ask'>): Promise<LiveCall[]> {
  const told = await proxies.ask('/calls', calls);
  const known = new Map(told.flatMap(({ gateway, pod, answer }) => answer.calls.map((call) => [call.callId, { ...call, gateway, pod }])));
  return [...known.values()].toSorted((a, b) => a.since - b.since);
}

/**
 * What every proxy saw of the one call whose id has `part` in it.
 * @throws UsageError where there is none, or several
 */
export async function traceOf(proxies: Pick<Proxies, 'ask'>, part: string): Promise<ProxyTrace[]> {
  const told = await proxies.ask(`/traces?call=${encodeURIComponent(part)}`, traces);
  const ids = [...new Set(told.flatMap(({ answer }) => answer.calls.map(({ callId }) => callId)))];
  if (ids.length === 0) throw new UsageError(`no proxy remembers a call whose id has "${part}" in it: each keeps its last calls only, and none from before its pod began`);
  if (ids.length > 1) throw new UsageError(`${ids.length} calls have "${part}" in their id; name one: ${ids.slice(0, 10).join(' ')}`);
  return told.flatMap(({ answer }: Told<z.infer<typeof traces>>) => answer.calls.map(({ messages, notes }) => ({ address: answer.address, messages, notes })));
}

/**
 * Ends the one live call whose id has `part` in it, at both ends, and gives its id.
 * @throws UsageError where there is none, or several, or it cannot be ended
 */
export async function hangUp(proxies: Pick<Proxies, 'ask' | 'tell'>, part: string): Promise<string> {
  const found = (await liveCalls(proxies)).filter(({ callId }) => callId.includes(part));
  const [call] = found;
  if (!call) throw new UsageError(`no live call has "${part}" in its id: see calls`);
  if (found.length > 1) throw new UsageError(`${found.length} live calls have "${part}" in their id; name one: ${found.slice(0, 10).map(({ callId }) => callId).join(' ')}`);
  if (!call.isAnswered) throw new UsageError(`${call.callId} is ringing: only a call that was answered can be ended`);
  if (!call.canEnd) throw new UsageError(`${call.callId} was set up by a proxy of an earlier version, which did not keep what ending it takes`);
  const told = await proxies.tell(call.pod, `/hangup?call=${encodeURIComponent(call.callId)}`, ended);
  if (!told.ended) throw new UsageError(`${call.callId} has just ended by itself`);
  return call.callId;
}

/** All messages of a call in the order in which they were seen. */
export const inOrder = (seen: readonly ProxyTrace[]): Packet[] => seen.flatMap(({ messages }) => messages).toSorted((a, b) => a.at - b.at);

const HEAD = ['CALL', 'NUMBER', 'DIRECTION', 'ROUTE', 'TO', 'STATE', 'FOR'];

/** As a table; `now` in seconds of the epoch. */
export function asTable(live: readonly LiveCall[], now: number): string {
  if (live.length === 0) return 'no calls';
  const rows = live.map(({ callId, digits, direction, route = '', destination = 'WhatsApp', isAnswered, since }) => [
    callId,
    `+${digits}`,
    direction,
    route,
    destination,
    isAnswered ? 'up' : 'ringing',
    duration(Math.max(0, Math.floor(now - since))),
  ]);
  const widths = HEAD.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)));
  return [HEAD, ...rows].map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ').trimEnd()).join('\n');
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)}m${seconds % 60}s` : `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m`;
}
