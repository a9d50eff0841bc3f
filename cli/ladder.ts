// SPDX-License-Identifier: Apache-2.0
// A call's messages as a picture: who said what to whom, and when. Pure.
import * as z from 'zod';
import { anchorOf, explain, type Leg } from '../media/answers.ts';
import type { Note, Packet } from '../media/agent/trace/hep.ts';

export interface ProxyTrace {
  /** Address of the proxy's pod. */
  address: string;
  messages: readonly Packet[];
  notes: readonly Note[];
}

/** A message between two columns of the picture. */
interface Step {
  at: number;
  from: string;
  to: string;
  label: string;
  text: string;
}

const META_PORT = 5061;
const META = 'WhatsApp';
const WIDTH = 34;
const MARGIN = 10;

/** The ladder, and under it how the call ended. */
export function draw(traces: readonly ProxyTrace[]): string {
  const steps = stepsOf(traces);
  const [first] = steps;
  if (!first) return 'no message';
  const columns = columnsOf(steps, traces);
  const place = (column: string): number => MARGIN + columns.indexOf(column) * WIDTH + WIDTH / 2;
  const names = columns.reduce((line, column) => put(line, place(column) - Math.floor(column.length / 2), column), '');
  const lines = steps.map((step) => rung(step, first.at, columns, place));
  return [`Call-ID ${headerOf(first.text, 'Call-ID|i')}`, `began   ${new Date(first.at).toISOString()}`, '', names, ...lines, '', ...ending(steps), ...traces.flatMap(({ notes }) => notes.flatMap(audioOf))].join('\n');
}

function stepsOf(traces: readonly ProxyTrace[]): Step[] {
  const ends = new Set(traces.flatMap(({ address, messages }) => messages.flatMap((message) => metaEnd(address, message))));
  const nameOf = (end: string): string => (ends.has(end) ? META : end);
  return traces
    .flatMap(({ address, messages }) =>
      messages.map((message) => {
        const isSent = hostOf(message.from) === address;
        const proxy = `proxy ${address}`;
        const peer = nameOf(isSent ? message.to : message.from);
        return { at: message.at, from: isSent ? proxy : peer, to: isSent ? peer : proxy, label: labelOf(message.text), text: message.text };
      }),
    )
    .toSorted((a, b) => a.at - b.at);
}

/** Meta's end of a message that went by the port that is for Meta alone. */
function metaEnd(address: string, { from, to }: Packet): string[] {
  const own = hostOf(from) === address ? from : to;
  return own.endsWith(`:${META_PORT}`) ? [own === from ? to : from] : [];
}

/** WhatsApp at the left, then the proxies, then the inside in the order in which it had its turn. */
function columnsOf(steps: readonly Step[], traces: readonly ProxyTrace[]): string[] {
  const proxies = traces.map(({ address }) => `proxy ${address}`);
  const others = steps.flatMap(({ from, to }) => [from, to]).filter((end) => end !== META && !proxies.includes(end));
  return [...new Set([META, ...proxies, ...others])];
}

function rung({ at, from, to, label }: Step, start: number, columns: readonly string[], place: (column: string) => number): string {
  const bars = columns.reduce((line, column) => put(line, place(column), '│'), ((at - start) / 1000).toFixed(3).padStart(MARGIN - 2));
  const [left, right] = [place(from), place(to)].toSorted((a, b) => a - b);
  if (left === undefined || right === undefined || left === right) return bars;
  const room = right - left - 1;
  const said = ` ${label} `.slice(0, room - 2);
  const before = Math.max(1, Math.floor((room - said.length) / 2));
  const line = '─'.repeat(before) + said + '─'.repeat(Math.max(1, room - said.length - before));
  const arrow = place(from) < place(to) ? `${line.slice(0, room - 1)}▶` : `◀${line.slice(1, room)}`;
  return put(bars, left + 1, arrow);
}

const side = z.object({ packets: z.number(), errors: z.number() });
/** What the media pod had from both sides when the call ended: see media/kamailio/etc/lua/report.lua. */
const audio = z.object({ meta: side, inside: side });

function audioOf({ note }: Note): string[] {
  const { success, data } = audio.safeParse(tryJson(note));
  if (!success) return [];
  const of = (name: string, { packets, errors }: z.infer<typeof side>): string => `${packets} packets from ${name}${errors > 0 ? `, ${errors} of them unreadable` : ''}`;
  return [`audio   ${of(META, data.meta)}; ${of('the inside', data.inside)}`];
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const put = (line: string, place: number, text: string): string => line.slice(0, place).padEnd(place) + text + line.slice(place + text.length);

/** The request or the answer, and its session description in short. */
function labelOf(text: string): string {
  const status = /^SIP\/2\.0 (\d{3} [^\r\n]*)/.exec(text)?.[1];
  const name = status ?? /^[A-Z]+/.exec(text)?.[0] ?? '';
  const media = /^m=audio (\d+) (\S+) ([\d ]+)/m.exec(text);
  if (!media) return name;
  const [, port, profile, types = ''] = media;
  const codecs = types.trim().split(' ').flatMap((type) => codecOf(text, type));
  const direction = /^a=(sendonly|recvonly|inactive)\r?$/m.exec(text)?.[1];
  return [name, profile === 'RTP/SAVP' ? 'SRTP' : 'RTP', ...codecs, ...(direction ? [direction] : []), ...(port === '0' ? ['refused'] : [])].join(' ');
}

const STATIC: Readonly<Record<string, string>> = { 0: 'PCMU', 8: 'PCMA' };

function codecOf(text: string, type: string): string[] {
  const name = new RegExp(`^a=rtpmap:${type} ([\\w-]+)`, 'm').exec(text)?.[1] ?? STATIC[type];
  return name === undefined || name === 'telephone-event' ? [] : [name];
}

/** How it ended, in the words of the docs. */
function ending(steps: readonly Step[]): string[] {
  const caller = steps[0]?.from ?? META;
  const final = steps.find(({ to, text }) => to === caller && isFinal(text));
  const bye = steps.find(({ text }) => text.startsWith('BYE '));
  if (final && statusOf(final.text) >= 300) return why(final, steps, caller);
  if (bye && final) return [`answered after ${seconds(steps, final)} s, ended by ${bye.from} after ${((bye.at - final.at) / 1000).toFixed(1)} s`];
  return [final ? `answered after ${seconds(steps, final)} s` : 'not answered yet, or given up'];
}

function why(final: Step, steps: readonly Step[], caller: string): string[] {
  const [, code = '', phrase = ''] = /^SIP\/2\.0 (\d{3}) ([^\r\n]*)/.exec(final.text) ?? [];
  const source = steps.findLast(({ at, to, text }) => at <= final.at && to !== caller && text.startsWith(`SIP/2.0 ${code} ${phrase}`) && isFinal(text));
  const leg: Leg = caller === META ? 'Meta' : 'Inside';
  const known = explain(leg, Number(code), phrase);
  const lines = [`${code} ${phrase}: ${source ? `the answer of ${source.from}` : 'the proxy’s own answer'}, after ${seconds(steps, final)} s`];
  if (!known || (source && leg === 'Meta')) return lines;
  const parts = [`why     ${plain(known.sentence)}`, `who     ${known.who}`, ...(known.cure ? [`cure    ${plain(known.cure)}`] : []), `more    docs/operations.md#${anchorOf(known)}`];
  return [...lines, ...parts];
}

/** Of the INVITE that made the call; a challenge is only on the way to one. */
const isFinal = (text: string): boolean => /^\d+ INVITE$/.test(headerOf(text, 'CSeq')) && statusOf(text) >= 200 && ![401, 407].includes(statusOf(text));
const statusOf = (text: string): number => Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1] ?? 0);
const headerOf = (text: string, name: string): string => new RegExp(`^(?:${name})[ \\t]*:([^\\r\\n]*)`, 'im').exec(text)?.[1]?.trim() ?? '';
const hostOf = (end: string): string => end.slice(0, end.lastIndexOf(':'));
const seconds = (steps: readonly Step[], { at }: Step): string => ((at - (steps[0]?.at ?? at)) / 1000).toFixed(1);
/** Without the marks and links of Markdown. */
const plain = (text: string): string => text.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');
