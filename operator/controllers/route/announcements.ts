// SPDX-License-Identifier: Apache-2.0
// Whether the announcements of a route are there, and are audio.
import * as z from 'zod';
import type { SipRoute } from '../../api/siproute.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isAudio } from '../../routing/audio.ts';
import * as kinds from '../shared/kinds.ts';

const configMap = z.object({ binaryData: z.record(z.string(), z.string()).default({}) });

/**
 * What is wrong with a route's announcements, a sentence for each that cannot be played.
 * @throws KubeError where that cannot be told now
 */
export async function problemsOf(client: Pick<KubeClient, 'find'>, { metadata: { namespace }, spec }: SipRoute): Promise<string[]> {
  const refs = (spec.destinations ?? []).flatMap(({ announcement }) => announcement?.audioRef ?? []);
  const problems = await Promise.all(refs.map(async ({ name, key }) => problemWith(await client.find(kinds.CONFIG_MAP, { namespace, name }), name, key)));
  return problems.filter((problem) => problem !== undefined);
}

/** Pure. */
export function problemWith(found: object | undefined, name: string, key: string): string | undefined {
  if (!found) return `ConfigMap "${name}" does not exist: create it with the announcement (kubectl create configmap ${name} --from-file=${key})`;
  const text = configMap.parse(found).binaryData[key];
  if (!text) return `ConfigMap "${name}" has no key "${key}" in its binaryData: put the announcement there (kubectl create configmap --from-file)`;
  if (isAudio(Buffer.from(text.slice(0, 16), 'base64'))) return undefined;
  return `key "${key}" of ConfigMap "${name}" is no audio that can be played: it must be WAV, Ogg, MP3 or FLAC`;
}
