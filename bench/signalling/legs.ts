// SPDX-License-Identifier: Apache-2.0
// Calls of sipp as Meta to a proxy, and of how many calls what is told.
import { Sipp, type SippOptions, type Tally } from '../../test/pbx/sipp.ts';
import { dialsByTls } from '../../test/pbx/tlsfront.ts';
import { META_ADDRESS } from '../../test/stage/meta.ts';

/** Whom Meta calls, and what it proves itself with. */
export interface Callee {
  hostname: string;
  phoneNumber: string;
  password: string;
}

export interface Load extends Required<Pick<SippOptions, 'calls' | 'rate' | 'atOnce'>> {
  /** Of all calls together; one each where left out. */
  connections?: number;
  talkMs?: number;
}

export interface Leg extends Tally {
  seconds: number;
}

/** Meta places calls at a proxy, which is at `host`, until all are over. */
export async function meta(host: string, { hostname, phoneNumber, password }: Callee, load: Load): Promise<Leg> {
  const front = await dialsByTls({ address: META_ADDRESS, to: { host, port: 5061 }, name: hostname });
  const user = { name: phoneNumber.replace('+', ''), password };
  const started = performance.now();
  const sipp = await Sipp.start({ scenario: 'meta-calls', transport: 'TCP', address: META_ADDRESS, to: front, callee: phoneNumber, user, words: { hostname }, ...load });
  try {
    return { ...(await sipp.tally()), seconds: (performance.now() - started) / 1000 };
  } finally {
    await sipp.close();
    front.close();
  }
}

/** The one in the middle of an odd number of values. */
export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
