// SPDX-License-Identifier: Apache-2.0
// The agent beside an engine: watches the gateway's two Secrets, keeps the engine at what they say, tells how it stands.
import { Registry } from '@prometheus-io/client';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { setTimeout } from 'node:timers/promises';
import pino from 'pino';
import * as z from 'zod';
import { KubeClient } from '../../operator/kube/client.ts';
import { loadConnection } from '../../operator/kube/connection.ts';
import { watchesMove } from '../../operator/kube/health.ts';
import { serve, type Page } from '../../operator/kube/serve.ts';
import { announcedBy, type Snapshot } from '../../operator/routing/snapshot.ts';
import { KamailioEngine } from '../kamailio/engine.ts';
import { KamailioRpc } from '../kamailio/rpc.ts';
import { RelayControl } from '../rtpengine/control.ts';
import { CallCount } from './calls.ts';
import { Announcements } from './announcements.ts';
import { Endings, hangingUp, losing } from './hangup.ts';
import { Limits } from './limits.ts';
import { Loop } from './loop.ts';
import { callMetrics, liveCalls, lostCalls, outcomeMetrics, setupMetrics } from './metrics.ts';
import { relayStates } from './relays.ts';
import { Permissions } from './permissions.ts';
import { watchCertificate, watchSnapshot } from './secrets.ts';
import { listenToEngine, openDoor } from './trace/door.ts';
import { Homer } from './trace/homer.ts';
import { TraceRing } from './trace/ring.ts';

const FOLDER = '/run/trunkline';
const PORT = 8080;
/** Engines restart on their own; this often the agent looks whether one did. */
const LOOK_MS = 1000;
/** Whoever asks how a revision stands is answered once it was taken in, or after this long. */
const PATIENCE_MS = 500;

const environment = z.object({
  POD_IP: z.ipv4(),
  NAMESPACE: z.string().min(1),
  SNAPSHOT_SECRET: z.string().min(1),
  CERTIFICATE_SECRET: z.string().min(1),
  EXTRA_CA_FILE: z.string().optional(),
  LOG_LEVEL: z.string().default('info'),
});

const env = environment.parse(process.env);
const log = pino({ level: env.LOG_LEVEL, base: null, timestamp: pino.stdTimeFunctions.isoTime });
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stop.abort());

// Whom the engine trusts when it dials Meta: the public authorities, and those that the installation adds.
const extra = env.EXTRA_CA_FILE ? [readFileSync(env.EXTRA_CA_FILE, 'utf8')] : [];
writeFileSync(join(FOLDER, 'ca.pem'), [...rootCertificates, ...extra].join('\n'));

const engine = new KamailioEngine(new KamailioRpc('http://127.0.0.1:5062'), { folder: FOLDER, address: env.POD_IP });
const loop = new Loop(engine, log);
const relays = new RelayControl();
const registry = new Registry();
const lose = losing({ engine, log, count: lostCalls(registry) });
const calls = new CallCount(relays, log, () => performance.now(), (lost) => void lose(lost));
const limits = new Limits({ engine, calls, log, now: () => performance.now() });
const client = new KubeClient(await loadConnection(), { fieldManager: 'trunkline-agent' });
const announcements = new Announcements({ client, namespace: env.NAMESPACE, log, now: () => performance.now(), pause: setTimeout });
const permissions = new Permissions(log);
const watch = { client, namespace: env.NAMESPACE, loop, permissions, log, prepare: (snapshot: Snapshot) => announcements.ready(snapshot) };
const secrets = [watchSnapshot(env.SNAPSHOT_SECRET, watch), watchCertificate(env.CERTIFICATE_SECRET, watch)];

const hangUp = hangingUp({ calls, engine, relays, log });

callMetrics(registry, engine);
outcomeMetrics(registry, engine);
setupMetrics(registry, engine);
liveCalls(registry, calls);
const json = (value: unknown): Page => ({ contentType: 'application/json', body: `${JSON.stringify(value)}\n` });
const serving = await serve(
  {
    port: PORT,
    registry,
    live: [watchesMove(secrets)],
    ready: [{ name: 'engine', problem: () => (loop.ready ? undefined : 'the engine does not answer') }],
    pages: {
      '/status': async (query) => {
        const revision = query.get('revision');
        if (revision !== null) await loop.reached(revision, PATIENCE_MS);
        return json({ ...loop.status, calls: (await calls.count())?.numbers ?? null });
      },
      // As they were counted last, which is done all the time.
      '/relays': () => json(relayStates(loop, calls)),
      '/announcements': (query) => announcements.page(query.get('of') ?? ''),
      '/startz': () => ({ status: loop.mayStart ? 200 : 503, contentType: 'text/plain', body: `${loop.mayStart}\n` }),
    },
  },
  stop.signal,
);
const ring = new TraceRing();
const homer = new Homer();
const mirror = await listenToEngine(ring, homer, () => loop.snapshot);
const door = await openDoor({ ring, calls, hangUp, permissions, address: env.POD_IP }, stop.signal);
const watching = Promise.all(secrets.map((secret) => secret.run(stop.signal)));
let hasAnnounced = false;
const endings = new Endings({ calls, hangUp, log, address: env.POD_IP, now: () => Date.now() / 1000 });
const look = setInterval(() => {
  void loop.run();
  if (loop.snapshot) calls.use(loop.snapshot.media.map(({ control }) => control));
  void limits.refresh(loop.snapshot);
  void announcements.refresh(loop.snapshot);
  // Also once no route announces anything any more: some may be playing.
  hasAnnounced ||= loop.snapshot !== undefined && announcedBy(loop.snapshot).size > 0;
  if (hasAnnounced) void endings.look();
}, LOOK_MS);
stop.signal.addEventListener('abort', () => clearInterval(look));
await Promise.all([watching, serving.closed, door.closed]);
mirror.close();
homer.close();
await Promise.all([client.close(), relays.close()]);
