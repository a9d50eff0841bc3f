// SPDX-License-Identifier: Apache-2.0
// Rights: what runs may do what it does, and nothing else.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { POD, ROLE } from '../../operator/controllers/shared/kinds.ts';
import { waitFor } from '../stage/wait.ts';
import { podsOf } from './pods.ts';
import { NAMESPACE, settled, theWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

const role = z.object({ rules: z.array(z.object({ apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string()) })) });

const auditEvent = z.object({
  verb: z.string(),
  user: z.object({ username: z.string() }),
  objectRef: z.object({ resource: z.string(), subresource: z.string().optional(), apiGroup: z.string().default(''), namespace: z.string().optional() }).optional(),
  annotations: z.record(z.string(), z.string()).default({}),
});

/** Everything that a service account has asked of the API server, from the server's own audit log. */
function askedBy(account: string): { right: string; namespace: string | undefined; forbidden: boolean }[] {
  const log = readFileSync(join(world.cluster.made?.logs ?? '', 'audit.log'), 'utf8');
  const events = log.split('\n').filter((text) => text.includes(account));
  return events.flatMap((text) => {
    const { verb, user, objectRef, annotations } = auditEvent.parse(JSON.parse(text));
    if (user.username !== account || !objectRef) return [];
    const { resource, subresource, apiGroup, namespace } = objectRef;
    const right = `${verb} ${[resource, subresource].filter(Boolean).join('/')}${apiGroup ? `.${apiGroup}` : ''}`;
    // Only what the rights forbid: a namespace on its way out also answers 403.
    return [{ right, namespace, forbidden: annotations['authorization.k8s.io/decision'] === 'forbid' }];
  });
}

async function granted(name: string): Promise<string[]> {
  const { rules } = role.parse(await world.client.get(ROLE, { namespace: NAMESPACE, name }));
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}${group ? `.${group}` : ''}`))),
  );
}

/**
 * Rights that no request shows: to create by server-side apply one needs `create` beside `patch`, and an owner reference
 * that blocks deletion needs `update` of the owner's finalizers where the cluster enforces that. An Event is read only where
 * an earlier operator wrote the same one.
 */
function isImplied(right: string, used: ReadonlySet<string>): boolean {
  const [verb = '', resource = ''] = right.split(' ');
  if (verb === 'create') return used.has(`patch ${resource}`);
  if (right === 'get events.events.k8s.io') return true;
  return verb === 'update' && resource.includes('/finalizers');
}

/** kubectl's words where the pod went just before. */
function isGone(error: unknown): void {
  if (!String(error).includes('NotFound')) throw error;
}

describe('the operator', () => {
  const account = `system:serviceaccount:${NAMESPACE}:trunkline-operator`;

  it('uses every right that it has, and is refused nothing', async () => {
    // The one thing that no other test makes it do: a media pod that failed is deleted.
    const [media] = await podsOf(world, 'media');
    const name = media?.metadata.name ?? '';
    await waitFor('the failed media pod to be deleted', async () => {
      if ((await world.client.find(POD, { namespace: NAMESPACE, name })) === undefined) return true;
      // The kubelet, which knows better, may take it back before the operator has seen it: then it is said again.
      await world.cluster.kubectl(['-n', NAMESPACE, 'patch', 'pod', name, '--subresource=status', '--type=merge', '-p', '{"status":{"phase":"Failed"}}']).catch(isGone);
      return false;
    });
    await settled(world);
    const asked = askedBy(account);
    const used = new Set(asked.filter(({ forbidden }) => !forbidden).map(({ right }) => right));
    const unused = (await granted('trunkline-operator')).filter((right) => !used.has(right) && !isImplied(right, used));
    expect(unused).toEqual([]);
    // An API server that has just started forbids everything for a moment: refused is what is never allowed.
    expect(asked.filter(({ forbidden, right }) => forbidden && !used.has(right))).toEqual([]);
  });

  it('touches no Secret but those that the chart’s values name', async () => {
    const can = (verb: string, resource: string) =>
      world.cluster.kubectl(['-n', NAMESPACE, 'auth', 'can-i', verb, resource, `--as=${account}`]).then((text) => text.trim(), () => 'no');
    const verbs = ['get', 'list', 'watch', 'create', 'patch', 'delete'];
    const answers = await Promise.all(verbs.flatMap((verb) => [can(verb, 'secrets'), can(verb, 'secrets/trunkline-private')]));
    expect(new Set(answers)).toEqual(new Set(['no']));
    expect(await can('get', 'secrets/meta')).toBe('yes');
    expect(await can('patch', 'secrets/meta')).toBe('no');
    expect(await can('patch', 'secrets/default-tls')).toBe('no');
  });

  it('asks nothing of another namespace, and of the cluster as a whole nothing but its nodes', async () => {
    const elsewhere = askedBy(account).filter(({ namespace }) => namespace !== NAMESPACE);
    expect(new Set(elsewhere.map(({ right }) => right))).toEqual(new Set(['list nodes', 'watch nodes']));
  });
});

describe('a proxy', () => {
  const account = `system:serviceaccount:${NAMESPACE}:default-proxy`;
  const can = (...words: string[]): Promise<string> =>
    world.cluster.kubectl(['-n', NAMESPACE, 'auth', 'can-i', ...words, `--as=${account}`]).then((text) => text.trim(), () => 'no');

  it('reads its gateway’s two Secrets, the ConfigMaps of announcements, and nothing else', async () => {
    expect(await can('watch', 'secrets/default-snapshot')).toBe('yes');
    expect(await can('watch', 'secrets/default-tls')).toBe('yes');
    expect(await can('get', 'secrets/meta')).toBe('no');
    expect(await can('list', 'secrets')).toBe('no');
    expect(await can('patch', 'secrets/default-snapshot')).toBe('no');
    expect(await can('get', 'whatsappnumbers')).toBe('no');
    const asked = new Set(askedBy(account).map(({ right }) => right));
    // By name, and only where a route has announced something.
    asked.delete('get configmaps');
    expect(await can('get', 'configmaps/kube-root-ca.crt')).toBe('no');
    expect(asked).toEqual(new Set(['list secrets', 'watch secrets']));
  });

  it('gives its engine, which faces the internet, no token at all', async () => {
    const [proxy] = await podsOf(world, 'proxy');
    const look = ['-n', NAMESPACE, 'exec', proxy?.metadata.name ?? '', '-c', 'kamailio', '--', 'ls', '/var/run/secrets/kubernetes.io/serviceaccount'];
    await expect(world.cluster.kubectl(look)).rejects.toThrow(/No such file/);
  });
});

describe('every pod', () => {
  it('runs in a namespace that enforces the restricted profile', async () => {
    const labels = await world.cluster.kubectl(['get', 'namespace', NAMESPACE, '-o', 'jsonpath={.metadata.labels}']);
    expect(labels).toContain('"pod-security.kubernetes.io/enforce":"restricted"');
    const { items } = await world.client.list(POD, { namespace: NAMESPACE });
    expect(items.length).toBeGreaterThanOrEqual(4);
  });
});
