// SPDX-License-Identifier: Apache-2.0
// What the engine says of a call in the labels that the media relay keeps with its sides (media/kamailio/etc/lua/state.lua).

import * as z from 'zod';
import type { RelayedSide } from './contract.ts';

const side = z.object({
  /** Its Contact. */
  target: z.string(),
  /** What a request goes by, the nearest first. */
  routes: z.array(z.string()),
  /** From and To of a request to it. */
  own: z.string(),
  remote: z.string(),
  /** Its CSeq. */
  cseq: z.int(),
});
/** Lua writes an empty list as an empty object. */
const routed = z.preprocess((value) => (isRecord(value) && !Array.isArray(value['routes']) ? { ...value, routes: [] } : value), side);
const sides = z.object({ caller: routed, callee: routed.optional() });

export type Side = z.infer<typeof side>;
export type Sides = z.infer<typeof sides>;

export interface CallLabel {
  /** Of the number that was called, or called with. */
  digits: string;
  direction: 'Inbound' | 'Outbound';
  /** NAMESPACE/NAME of the SipRoute. */
  route: string | undefined;
  /** Where the call was sent; undefined for one that goes to a user. */
  destination: string | undefined;
  /** When it is to be ended, in seconds of the epoch, and by the agent at which address; only where we answered it ourselves. */
  ending: { at: number; by: string } | undefined;
  /** Its ends, once it was answered, as requests of ours would reach them; without a callee where we answered it. */
  sides: Sides | undefined;
  /** Whether it was answered: until then it may yet go to another destination. */
  isAnswered: boolean;
}

/** What the labels of a call's sides say together; undefined where none is the engine's. */
export function readLabels(of: readonly RelayedSide[]): CallLabel | undefined {
  const read = of.flatMap(({ label }) => readLabel(label ?? '') ?? []);
  return read.find(({ isAnswered }) => isAnswered) ?? read[0];
}

function readLabel(label: string): CallLabel | undefined {
  const [digits = '', ...parts] = label.split(';');
  if (!/^\d+$/.test(digits)) return undefined;
  const values = new Map(parts.map((part): [string, string] => [part.slice(0, part.indexOf('=')), unescape(part.slice(part.indexOf('=') + 1))]));
  const at = Number(values.get('until'));
  const ending = at > 0 ? { at, by: values.get('by') ?? '' } : undefined;
  const direction = values.get('kind') === 'out' ? 'Outbound' : 'Inbound';
  return { digits, direction, route: values.get('route'), destination: values.get('to'), ending, sides: readSides(values.get('sides')), isAnswered: values.has('sdp') };
}

function readSides(text: string | undefined): Sides | undefined {
  if (text === undefined) return undefined;
  try {
    return sides.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Bytes as %XX. */
const unescape = (text: string): string =>
  Buffer.from(text.replaceAll(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))), 'latin1').toString('utf8');
