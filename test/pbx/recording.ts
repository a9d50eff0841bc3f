// SPDX-License-Identifier: Apache-2.0
import type { Cluster } from '../cluster/cluster.ts';
import { shareBySecond } from '../meta/media/tone.ts';

/** Share of a tone in each full second of what the PBX heard in the call that began last, from its own recording. */
export async function heardTone(cluster: Cluster, where: { namespace: string; name: string }, hertz: number): Promise<number[]> {
  const newest = 'base64 -w0 "$(ls -t /run/pbx/*-dec.wav | head -n1)"';
  const text = await cluster.kubectl(['-n', where.namespace, 'exec', `deployment/${where.name}`, '--', 'sh', '-c', newest]);
  const { samples, sampleRate } = readWav(Buffer.from(text, 'base64'));
  return shareBySecond(samples, hertz, sampleRate);
}

/** First channel of a PCM16 file; one still being written has a length of 0 in its header, so the rest of the file counts. */
function readWav(file: Buffer): { samples: Int16Array; sampleRate: number } {
  const channels = file.readUInt16LE(22);
  const sampleRate = file.readUInt32LE(24);
  const start = file.indexOf('data', 36, 'latin1') + 8;
  const frames = Math.floor((file.length - start) / 2 / channels);
  const samples = Int16Array.from({ length: frames }, (_, i) => file.readInt16LE(start + i * 2 * channels));
  return { samples, sampleRate };
}
