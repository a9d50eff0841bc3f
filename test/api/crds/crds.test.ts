// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { crds as generate } from '../../../operator/api/crd.ts';
import { sipGateway, sipGatewaySpec } from '../../../operator/api/sipgateway.ts';
import { sipRouteSpec } from '../../../operator/api/siproute.ts';
import { whatsAppNumberSpec } from '../../../operator/api/whatsappnumber.ts';
import { SIP_GATEWAY, SIP_ROUTE, WHATSAPP_NUMBER } from '../../../operator/controllers/shared/kinds.ts';
import { KubeClient } from '../../../operator/kube/client.ts';
import { loadConnection } from '../../../operator/kube/connection.ts';
import { KubeError } from '../../../operator/kube/errors.ts';
import type { KubeObject } from '../../../operator/kube/objects.ts';
import type { ResourceKind } from '../../../operator/kube/resource.ts';
import { startApiServer, type ApiServer } from '../../cluster/apiserver.ts';
import { conditionsOf } from '../../stage/kube.ts';
import { waitFor } from '../../stage/wait.ts';
import type { Case } from './case.ts';
import { CASES } from './cases.ts';

const CRD: ResourceKind = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};
const KINDS: Record<Case['kind'], { resource: ResourceKind; schema: z.ZodType }> = {
  SipGateway: { resource: SIP_GATEWAY, schema: sipGatewaySpec },
  WhatsAppNumber: { resource: WHATSAPP_NUMBER, schema: whatsAppNumberSpec },
  SipRoute: { resource: SIP_ROUTE, schema: sipRouteSpec },
};
const crdObject = z.looseObject({ metadata: z.object({ name: z.string() }) });
const folder = join(import.meta.dirname, '..', '..', '..', 'crds');
const committed = Object.keys(generate()).map((file) => crdObject.parse(parse(readFileSync(join(folder, file), 'utf8'), { version: '1.1' })));

let server: ApiServer;
let client: KubeClient;

beforeAll(async () => {
  server = await startApiServer();
  client = new KubeClient(await loadConnection(server.kubeconfig), { fieldManager: 'test' });
  for (const crd of committed) await client.apply(CRD, crd);
  for (const crd of committed) {
    await waitFor(`${crd.metadata.name} to be established`, async () => {
      const found = await client.get(CRD, { name: crd.metadata.name });
      return conditionsOf(found).some(({ type, status }) => type === 'Established' && status === 'True');
    });
  }
  await waitFor('the kinds to be served', () =>
    Promise.all(Object.values(KINDS).map(({ resource }) => client.list(resource))).then(() => true, () => false),
  );
}, 120_000);

afterAll(async () => {
  await client?.close();
  await server?.stop();
});

let serial = 0;
const create = (kind: ResourceKind, spec: unknown, name = `case-${(serial += 1)}`): Promise<KubeObject> =>
  client.create(kind, { metadata: { name, namespace: 'default' }, spec });

/** What the API server says against an object; undefined where it takes it. */
const refusalOf = (attempt: Promise<KubeObject>): Promise<string | undefined> =>
  attempt.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof KubeError) return error.message;
      throw error;
    },
  );

describe('the CRDs', () => {
  it('are those that the kinds generate: run `npm run crds` after a change', () => {
    expect(committed).toEqual(JSON.parse(JSON.stringify(Object.values(generate()))));
  });

  it.each(CASES.filter(({ refusal }) => !refusal))('take $kind: $what, and so does zod', async ({ kind, spec }) => {
    expect(KINDS[kind].schema.safeParse(spec).error).toBeUndefined();
    expect(await refusalOf(create(KINDS[kind].resource, spec))).toBeUndefined();
  });

  it.each(CASES.filter(({ refusal }) => refusal))('refuse $kind: $what, and so does zod', async ({ kind, spec, refusal }) => {
    expect(KINDS[kind].schema.safeParse(spec).success).toBe(false);
    expect(await refusalOf(create(KINDS[kind].resource, spec))).toContain(refusal);
  });

  it('refuse a field that they do not know', async () => {
    const spec = { hostname: 'sip.example.com', certificate: { issuerRef: { name: 'ca' } }, hostnam: 'x' };
    expect(await refusalOf(create(SIP_GATEWAY, spec))).toContain('unknown field "spec.hostnam"');
  });

  it('refuse the same number twice in a route', async () => {
    const spec = { numbers: [{ name: 'a' }, { name: 'a' }], destinations: [{ uri: 'sip:pbx' }] };
    expect(await refusalOf(create(SIP_ROUTE, spec))).toContain('Duplicate value');
  });

  it.each(['with.dot', 'a'.repeat(41), '1st'])('refuse a gateway named %s, whose name becomes part of others', async (name) => {
    const spec = { hostname: 'sip.example.com', certificate: { issuerRef: { name: 'ca' } } };
    expect(await refusalOf(create(SIP_GATEWAY, spec, name))).toContain('the name of a SipGateway becomes part of');
  });

  it('fill in the defaults that zod fills in', async () => {
    const spec = { hostname: 'sip.example.com', certificate: { issuerRef: { name: 'ca' } } };
    const stored = await create(SIP_GATEWAY, spec);
    expect(stored['spec']).toEqual(sipGatewaySpec.parse(spec));
  });

  it('give an object that nobody has looked at a status that is not taken for done', async () => {
    const stored = sipGateway.parse(await create(SIP_GATEWAY, { hostname: 'sip.example.com', certificate: { issuerRef: { name: 'ca' } } }));
    expect(stored.status?.conditions).toEqual([
      expect.objectContaining({ type: 'Ready', status: 'Unknown', message: 'Waiting for the operator' }),
    ]);
  });

  it('take a status by server-side apply, and the default Ready gives way to ours', async () => {
    const { metadata } = await create(SIP_GATEWAY, { hostname: 'sip.example.com', certificate: { issuerRef: { name: 'ca' } } });
    const { name } = metadata;
    const ready = { type: 'Ready', status: 'True', reason: 'AllGood', message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z' };
    const stalled = { ...ready, type: 'Stalled' };
    const apply = (list: object[]) =>
      client.applyStatus(SIP_GATEWAY, { metadata: { name, namespace: 'default' }, status: { observedGeneration: 1, conditions: list } });
    await apply([ready, stalled]);
    const after = sipGateway.parse(await apply([ready]));
    expect(after.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual(['Ready=True']);
  });
});
