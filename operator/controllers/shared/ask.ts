// SPDX-License-Identifier: Apache-2.0
import { request } from 'undici';
import type { Pod } from './observed.ts';

const ASK_MS = 2000;

/** A pod's page; undefined where it has no address or does not answer, which its conditions then show. */
export async function ask(pod: Pod, port: number, path: string, signal: AbortSignal): Promise<string | undefined> {
  const { podIP } = pod.status;
  if (!podIP) return undefined;
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)]);
    const { statusCode, body } = await request(`http://${podIP}:${port}${path}`, { signal: limit });
    const text = await body.text();
    return statusCode === 200 ? text : undefined;
  } catch {
    return undefined;
  }
}
