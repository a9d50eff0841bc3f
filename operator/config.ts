// SPDX-License-Identifier: Apache-2.0
import { isIPv6 } from 'node:net';
import * as z from 'zod';
import type { Installation } from './resources/build.ts';

const environment = z.object({
  NAMESPACE: z.string().min(1),
  POD_NAME: z.string().min(1),
  POD_IP: z.union([z.ipv4(), z.ipv6()]),
  TRUNKLINE_IMAGE: z.string().min(1),
  KAMAILIO_IMAGE: z.string().min(1),
  RTPENGINE_IMAGE: z.string().min(1),
  IMAGE_PULL_SECRETS: z.string().default(''),
  EXTRA_CA_CONFIGMAP: z.string().optional(),
  EXTRA_CA_HASH: z.string().default(''),
  WATCH_NODES: z.enum(['true', 'false']).default('false'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

export interface Config {
  /** Namespace that is watched, and that the operator runs in. */
  namespace: string;
  podName: string;
  /** As it stands in a URL. */
  podIP: string;
  logLevel: string;
  /** Whether nodes may be seen. */
  watchesNodes: boolean;
  installation: Installation;
}

/**
 * Reads the settings that the chart gives.
 * @throws with a sentence that names every variable that is missing or wrong.
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    const names = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw new Error(`environment variables missing or wrong: ${names}; the Helm chart sets them all`);
  }
  const { NAMESPACE, POD_NAME, POD_IP, LOG_LEVEL, TRUNKLINE_IMAGE, KAMAILIO_IMAGE, RTPENGINE_IMAGE } = parsed.data;
  const { IMAGE_PULL_SECRETS, EXTRA_CA_CONFIGMAP, EXTRA_CA_HASH } = parsed.data;
  return {
    namespace: NAMESPACE,
    podName: POD_NAME,
    podIP: isIPv6(POD_IP) ? `[${POD_IP}]` : POD_IP,
    logLevel: LOG_LEVEL,
    watchesNodes: parsed.data.WATCH_NODES === 'true',
    installation: {
      images: { trunkline: TRUNKLINE_IMAGE, kamailio: KAMAILIO_IMAGE, rtpengine: RTPENGINE_IMAGE },
      pullSecrets: IMAGE_PULL_SECRETS.split(',').filter(Boolean),
      extraCA: EXTRA_CA_CONFIGMAP ? { configMap: EXTRA_CA_CONFIGMAP, hash: EXTRA_CA_HASH } : undefined,
    },
  };
}
