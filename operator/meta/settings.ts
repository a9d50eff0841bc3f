// SPDX-License-Identifier: Apache-2.0
// Meta's calling settings of a number: what is wanted, what is there, what differs, what to write. Pure.
import * as z from 'zod';

const META_PORT = 5061;

const server = z.object({
  hostname: z.string(),
  // Samples leave the port out, and tables give it as text.
  port: z.coerce.number().default(META_PORT),
  // The guide's name and the reference's name of the same member.
  sip_user_password: z.string().optional(),
  password: z.string().optional(),
});

/** The `calling` member of GET /settings, read leniently: Meta's documents disagree about it in places. */
export const observedCalling = z.object({
  status: z.string().default('DISABLED'),
  sip: z.object({ status: z.string().default('DISABLED'), servers: z.array(server).default([]) }).prefault({}),
  // Left out by Meta until it is set; DTLS is what it does then.
  srtp_key_exchange_protocol: z.string().default('DTLS'),
  audio: z.object({ additional_codecs: z.array(z.string()).default([]) }).prefault({}),
});

export type ObservedCalling = z.infer<typeof observedCalling>;

/** What a WhatsAppNumber declares. */
export interface WantedCalling {
  hostname: string;
  additionalCodecs: readonly string[];
}

/** The `calling` member of POST /settings. */
export interface CallingWrite {
  status: 'ENABLED';
  sip: { status: 'ENABLED'; servers: { hostname: string; port: number }[] };
  srtp_key_exchange_protocol: 'SDES';
  audio: { additional_codecs: string[] };
}

/** One setting that is not as declared. */
export interface Difference {
  field: string;
  wanted: string;
  found: string;
}

/** Everything that differs, in a fixed order; empty when Meta has it as declared. */
export function compareCalling(wanted: WantedCalling, observed: ObservedCalling): Difference[] {
  const pairs: Difference[] = [
    { field: 'status', wanted: 'ENABLED', found: observed.status.toUpperCase() },
    { field: 'sip.status', wanted: 'ENABLED', found: observed.sip.status.toUpperCase() },
    { field: 'sip.servers', wanted: `${wanted.hostname}:${META_PORT}`, found: foundServer(wanted.hostname, observed) },
    { field: 'srtp_key_exchange_protocol', wanted: 'SDES', found: observed.srtp_key_exchange_protocol.toUpperCase() },
    {
      field: 'audio.additional_codecs',
      wanted: listText(wanted.additionalCodecs),
      found: listText(observed.audio.additional_codecs),
    },
  ];
  return pairs.filter(({ wanted: want, found }) => want !== found);
}

/**
 * What to write. Key exchange goes with the SIP server every time: an update of `sip` alone may put it back to DTLS.
 * Only the server of the token's own app is replaced by this; servers of other apps stay.
 */
export const toWrite = ({ hostname, additionalCodecs }: WantedCalling): CallingWrite => ({
  status: 'ENABLED',
  sip: { status: 'ENABLED', servers: [{ hostname, port: META_PORT }] },
  srtp_key_exchange_protocol: 'SDES',
  audio: { additional_codecs: [...additionalCodecs].sort() },
});

/** The password by which Meta authenticates calls to this hostname, where the token may see it. */
export function sipPassword(hostname: string, observed: ObservedCalling): string | undefined {
  const own = observed.sip.servers.find((entry) => sameHost(entry.hostname, hostname));
  return own?.sip_user_password ?? own?.password;
}

/** Differences in a sentence's words. */
export const describeDifferences = (differences: readonly Difference[]): string =>
  differences.map(({ field, wanted, found }) => `${field} is ${found}, declared ${wanted}`).join('; ');

const sameHost = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function foundServer(hostname: string, { sip: { servers } }: ObservedCalling): string {
  const own = servers.find((entry) => sameHost(entry.hostname, hostname));
  if (own) return `${hostname}:${own.port}`;
  return listText(servers.map((entry) => `${entry.hostname}:${entry.port}`));
}

const listText = (items: readonly string[]): string => (items.length ? [...items].sort().join(', ') : 'none');
