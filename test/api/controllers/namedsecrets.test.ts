// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { NamedSecrets } from '../../../operator/controllers/shared/namedsecrets.ts';
import { textOf } from '../../../operator/controllers/shared/observed.ts';
import { systemClock } from '../../../operator/kube/clock.ts';
import type { ResourceKind } from '../../../operator/kube/resource.ts';
import { Bench, NS, SECRET } from '../kube/bench.ts';

const bench = new Bench();
const rbac = (kind: 'Role' | 'RoleBinding'): ResourceKind => ({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: `${kind.toLowerCase()}s`,
  kind,
  namespaced: true,
});

const metadata = (name: string) => ({ name, namespace: NS });
const write = (name: string, token: string) => bench.client.apply(SECRET, { metadata: metadata(name), stringData: { token } });

/** Lets a user read Secrets of these names and no others. */
async function allow(user: string, resourceNames: string[]): Promise<void> {
  const rules = [{ apiGroups: [''], resources: ['secrets'], resourceNames, verbs: ['get', 'list', 'watch'] }];
  await bench.client.apply(rbac('Role'), { metadata: metadata(user), rules });
  await bench.client.apply(rbac('RoleBinding'), {
    metadata: metadata(user),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  });
}

/** The Secrets as a user may see them, followed until the end of the test, with what was told of them. */
function followAs(user: string): { secrets: NamedSecrets; story: string[]; skip: (ms: number) => void } {
  let skipped = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + skipped };
  const client = bench.as(user);
  const secrets = new NamedSecrets({ client, namespace: NS, clock });
  const story: string[] = [];
  secrets.subscribe((name, { type }) => story.push(`${type} ${name}`));
  const stop = new AbortController();
  const running = secrets.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running;
    await client.close();
  });
  return { secrets, story, skip: (ms) => (skipped += ms) };
}

describe('Secrets that somebody names', () => {
  beforeAll(async () => {
    await write('mine', 'one');
    await write('other', 'two');
  });

  test('are followed with rights to their names alone: made, changed, deleted', async () => {
    await allow('follower', ['mine', 'late']);
    const { secrets, story } = followAs('follower');
    secrets.follow(['mine', 'late']);
    await vi.waitFor(() => expect(story).toEqual(['upsert mine']), { timeout: 20_000 });
    await write('late', 'three');
    await vi.waitFor(() => expect(story).toEqual(['upsert mine', 'upsert late']), { timeout: 20_000 });
    await bench.client.delete(SECRET, metadata('late'));
    await vi.waitFor(() => expect(story).toEqual(['upsert mine', 'upsert late', 'delete late']), { timeout: 20_000 });
    expect(secrets.get('mine')).not.toHaveProperty('data');
    const mine = await secrets.read('mine');
    expect(mine && textOf(mine, 'token')).toBe('one');
    expect(await secrets.read('late')).toBeUndefined();
  });

  test('are followed for as long as one object names them', async () => {
    await allow('twice', ['mine']);
    const { secrets, story } = followAs('twice');
    secrets.follow(['mine']);
    secrets.follow(['mine']);
    secrets.leave(['mine']);
    await vi.waitFor(() => expect(secrets.get('mine')).toBeDefined(), { timeout: 20_000 });
    secrets.leave(['mine']);
    expect(secrets.get('mine')).toBeUndefined();
    secrets.follow(['mine']);
    await vi.waitFor(() => expect(story).toEqual(['upsert mine', 'delete mine', 'upsert mine']), { timeout: 20_000 });
  });

  test('that we may not read are told apart from those that are not there, once the API server means it', async () => {
    await allow('stranger', ['mine']);
    const { secrets, story, skip } = followAs('stranger');
    secrets.follow(['other']);
    await vi.waitFor(() => expect(secrets.read('mine')).resolves.toBeDefined(), { timeout: 20_000 });
    await expect(secrets.read('other')).rejects.toThrow('forbidden');
    await expect(secrets.read('other')).rejects.toMatchObject({ retryWithinMs: expect.closeTo(10_000, -2) });
    skip(10_001);
    expect(await secrets.read('other')).toBeNull();
    await allow('stranger', ['other']);
    await vi.waitFor(() => expect(story).toEqual(['upsert other']), { timeout: 20_000 });
    const other = await secrets.read('other');
    expect(other && textOf(other, 'token')).toBe('two');
  });
});
