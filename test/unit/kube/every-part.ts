// SPDX-License-Identifier: Apache-2.0
// A process that uses every part of the runtime against the API server named on its command line, and stops once all
// of it works.
import { Registry } from '@prometheus-io/client';
import { KubeClient } from '../../../operator/kube/client.ts';
import { asIs } from '../../../operator/kube/decode.ts';
import { Elector } from '../../../operator/kube/elector.ts';
import { EventRecorder } from '../../../operator/kube/events.ts';
import { WorkQueue } from '../../../operator/kube/queue.ts';
import { Reflector, whenSynced } from '../../../operator/kube/reflector.ts';
import { serve } from '../../../operator/kube/serve.ts';
import { WIDGET } from './loopback-api.ts';

const [server = ''] = process.argv.slice(2);
const stop = new AbortController();
const { signal } = stop;
const client = new KubeClient({ server, namespace: 'a', tls: {}, headers: async () => ({}) }, { fieldManager: 'test' });
const reflector = new Reflector({ client, kind: WIDGET, decode: asIs });
const events = new EventRecorder({ client, controller: 'example.com/c', instance: 'one' });
const worked = Promise.withResolvers<void>();
const queue = new WorkQueue({
  work: async () => {
    worked.resolve();
    return 60_000;
  },
});
reflector.subscribe(({ key }) => queue.add({ kind: 'Widget', key }));
// The test's server knows no Lease, so that this one stands for election until the end.
const elector = new Elector({ client, namespace: 'a', name: 'lease', identity: 'one' });
const serving = await serve({ host: '127.0.0.1', port: 0, registry: new Registry(), live: [], ready: [] }, signal);
const running = [
  reflector.run(signal),
  events.run(signal),
  queue.run(signal),
  elector.run(signal, async () => undefined),
];
await Promise.all([whenSynced([reflector], signal), worked.promise, fetch(`http://127.0.0.1:${serving.port}/healthz`)]);
queue.addAfter({ kind: 'Widget', key: 'later' }, 3_600_000);
console.log('working');
stop.abort();
await Promise.all([...running, serving.closed]);
await client.close();
console.log('stopped');
