// SPDX-License-Identifier: Apache-2.0
// The operator. In order: settings, the API server, local copies, health, and, while leading, the controllers.
import { collectDefaultMetrics, Registry } from '@prometheus-io/client';
import { randomBytes } from 'node:crypto';
import pino from 'pino';
import { readConfig } from './config.ts';
import { Controllers } from './controllers/controllers.ts';
import { all, createCaches, needed } from './controllers/shared/caches.ts';
import { KubeClient } from './kube/client.ts';
import { loadConnection } from './kube/connection.ts';
import { Elector } from './kube/elector.ts';
import { cachesSynced, queueMoves, watchesMove } from './kube/health.ts';
import { electorMetrics, queueDepths, queueMetrics, reflectorMetrics, reflectorSizes, requestMetrics } from './kube/metrics.ts';
import { whenSynced } from './kube/reflector.ts';
import { serve } from './kube/serve.ts';
import { metaMetrics } from './meta/metrics.ts';
import type { Door } from './permission/contract.ts';
import { doorKey, PERMISSION_PATH, permissionDoor } from './permission/door.ts';

const LEASE = 'trunkline-operator';
const PORT = 8080;
const CERT_MANAGER_MS = 5000;

const config = readConfig(process.env);
const log = pino({ level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime });
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stop.abort());

const registry = new Registry();
collectDefaultMetrics({ register: registry });
const client = new KubeClient(await loadConnection(), { fieldManager: 'trunkline', observe: requestMetrics(registry) });
const countReflectors = reflectorMetrics(registry);
const threw = (kind: string, key: string, error: unknown): void => log.error({ kind, key, err: error }, 'a change could not be handled');
const caches = createCaches({
  client,
  namespace: config.namespace,
  watchesNodes: config.watchesNodes,
  observer: {
    ...countReflectors,
    failed: (kind, error, retryMs) => {
      countReflectors.failed?.(kind, error, retryMs);
      log.warn({ kind, err: error, retryMs: Math.round(retryMs) }, 'watch failed, it goes on');
    },
    threw,
  },
});
for (const cache of all(caches)) {
  cache.subscribe((change) => {
    if (change.type === 'undecodable') log.error({ kind: cache.kind.kind, key: change.key, reason: change.reason }, 'object not understood');
  });
}

// Anew at each start: proxies know what follows from it for their gateway, by their Secret.
const secret = randomBytes(32).toString('base64url');
const door = (gateway: string): Door => ({ url: `http://${config.podIP}:${PORT}${PERMISSION_PATH}`, key: doorKey(secret, gateway) });

const controllers = new Controllers({
  client,
  caches,
  namespace: config.namespace,
  instance: config.podName,
  installation: config.installation,
  door,
  observer: queueMetrics(registry),
  // What is refused there is told by the conditions of whoever names the Secret.
  watchObserver: { ...countReflectors, threw },
  observeMeta: metaMetrics(registry),
  log,
});
reflectorSizes(registry, all(caches));
queueDepths(registry, controllers);

const elector = new Elector({
  client,
  namespace: config.namespace,
  name: LEASE,
  identity: config.podName,
  observer: electorMetrics(registry, LEASE),
});

const serving = await serve(
  {
    port: PORT,
    registry,
    live: [watchesMove(all(caches)), queueMoves(controllers.cluster), queueMoves(controllers.meta)],
    ready: [cachesSynced(needed(caches))],
    commands: { [PERMISSION_PATH]: permissionDoor(secret, (question, gateway) => controllers.permission(question, gateway)) },
  },
  stop.signal,
);
const watching = Promise.all(all(caches).map((cache) => cache.run(stop.signal)));
await whenSynced(needed(caches), stop.signal);
// cert-manager may be missing, so its kinds are awaited for a while only.
await whenSynced(all(caches), AbortSignal.any([stop.signal, AbortSignal.timeout(CERT_MANAGER_MS)]));
log.info({ namespace: config.namespace }, 'local copies complete');

const end = await elector.run(stop.signal, async (term) => {
  log.info('leading');
  await controllers.run(term);
});
log.info({ end }, 'stopping');
stop.abort();
await Promise.all([watching, serving.closed]);
await client.close();
// A leader that lost its Lease must not linger: the container starts anew and stands as a candidate.
process.exitCode = end === 'lost' ? 1 : 0;
