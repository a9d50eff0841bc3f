// SPDX-License-Identifier: Apache-2.0
// What a cloud does for a cluster, as a process: gives each Service of type LoadBalancer an address, and
// makes the name that the Service asks for known in the DNS. Run as: cloud.ts KUBECONFIG
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { loadBalancerPrefix } from './addresses.ts';
import { writeHosts } from './dns.ts';
import { KubeRequest } from './kuberequest.ts';

const Service = z.object({
  metadata: z.object({
    namespace: z.string(),
    name: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.object({ type: z.string() }),
  status: z.object({ loadBalancer: z.object({ ingress: z.array(z.object({ ip: z.string().optional() })).optional() }) }),
});
type Service = z.infer<typeof Service>;
const ServiceList = z.object({ metadata: z.object({ resourceVersion: z.string() }), items: z.array(Service) });
const ServiceEvent = z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED']), object: Service });

interface Balanced {
  address: string;
  names: string[];
}

const path = '/api/v1/services';
const nameAnnotation = 'external-dns.alpha.kubernetes.io/hostname';
/** By namespace/name. An address stays with its Service, whatever older state an event still shows. */
const balanced = new Map<string, Balanced>();

function keyOf({ metadata }: Service): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function assignedTo(service: Service): string | undefined {
  return service.status.loadBalancer.ingress?.[0]?.ip;
}

function freeAddress(): string {
  const taken = new Set([...balanced.values()].map(({ address }) => address));
  for (let last = 1; last <= 254; last++) {
    const address = `${loadBalancerPrefix}.${last}`;
    if (!taken.has(address)) return address;
  }
  throw new Error('no load-balancer address is free');
}

/** Notes the Service, and tells it its address where it does not know it yet. */
async function serve(api: KubeRequest, service: Service): Promise<void> {
  const key = keyOf(service);
  const address = balanced.get(key)?.address ?? assignedTo(service) ?? freeAddress();
  const names = service.metadata.annotations[nameAnnotation]?.split(',').map((name) => name.trim()) ?? [];
  balanced.set(key, { address, names });
  if (assignedTo(service) === address) return;
  const { namespace, name } = service.metadata;
  const status = { loadBalancer: { ingress: [{ ip: address, ipMode: 'VIP' }] } };
  await api.mergePatch(`/api/v1/namespaces/${namespace}/services/${name}/status`, { status });
  console.log(`${key}: ${address}`);
}

async function publishNames(): Promise<void> {
  await writeHosts([...balanced.values()].filter(({ names }) => names.length > 0));
}

async function follow(api: KubeRequest): Promise<void> {
  const list = ServiceList.parse(await api.get(path));
  balanced.clear();
  const services = list.items.filter(({ spec }) => spec.type === 'LoadBalancer');
  // Those that have an address keep it: know them all before giving any away.
  services.sort((one, other) => Number(assignedTo(one) === undefined) - Number(assignedTo(other) === undefined));
  for (const service of services) await serve(api, service);
  await publishNames();
  const query = `?watch=true&resourceVersion=${list.metadata.resourceVersion}`;
  for await (const event of api.watch(path + query)) {
    // An error, as for a version that is too old, does not parse: start over.
    const { type, object } = ServiceEvent.parse(event);
    if (type === 'DELETED' || object.spec.type !== 'LoadBalancer') balanced.delete(keyOf(object));
    else await serve(api, object);
    await publishNames();
  }
}

const kubeconfig = process.argv[2];
if (kubeconfig === undefined) throw new Error('usage: cloud.ts KUBECONFIG');
const api = new KubeRequest(await readFile(kubeconfig, 'utf8'));
for (;;) {
  await follow(api).catch((error: unknown) => console.error(error));
  await sleep(200);
}
