// SPDX-License-Identifier: Apache-2.0
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { KubeClient } from '../../../operator/kube/client.ts';
import { asIs } from '../../../operator/kube/decode.ts';
import { isGone } from '../../../operator/kube/errors.ts';
import type { KubeObject } from '../../../operator/kube/objects.ts';
import { Reflector, type ReflectorOptions } from '../../../operator/kube/reflector.ts';
import { Bench, CONFIG_MAP, NS, part, SECRET, WIDGET } from './bench.ts';

const bench = new Bench();
const ref = (name: string): { namespace: string; name: string } => ({ namespace: NS, name });
const PATIENCE = { timeout: 30_000, interval: 50 };

interface Following {
  readonly reflector: Reflector<KubeObject>;
  readonly story: string[];
  readonly listed: number[];
  readonly failures: unknown[];
}

/** A reflector that runs until the end of the test. */
function begin(client: KubeClient, options: Omit<ReflectorOptions<KubeObject>, 'client' | 'decode'>): Following {
  const story: string[] = [];
  const listed: number[] = [];
  const failures: unknown[] = [];
  const observer = {
    listed: (_kind: string, objects: number) => listed.push(objects),
    failed: (_kind: string, error: unknown) => failures.push(error),
  };
  const reflector = new Reflector({ client, decode: asIs, observer, ...options });
  reflector.subscribe(({ type, key }) => story.push(`${type} ${key}`));
  const stop = new AbortController();
  const running = reflector.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  return { reflector, story, listed, failures };
}

/** As `begin`, once it is synced. */
async function follow(...args: Parameters<typeof begin>): Promise<Following> {
  const following = begin(...args);
  await following.reflector.synced;
  return following;
}

describe('a reflector of a real API server', () => {
  test('misses nothing in a stream of edits while the API server is killed and started again, twice', async () => {
    const { client, server } = bench;
    const { reflector, story, failures } = await follow(client, { kind: WIDGET, namespaces: [NS] });
    const expected = new Map<string, number>();
    const deleted = new Set<string>();
    let edits = 0;
    const enough = (): boolean => edits >= 450;
    /**
     * Tries until the API server is back, as any client would; the edit may have taken place although its answer was
     * lost.
     */
    const insist = async (act: () => Promise<unknown>): Promise<void> => {
      await vi.waitFor(act, PATIENCE);
      edits += 1;
    };
    const stream = async (id: number): Promise<void> => {
      for (let i = 0; !enough(); i += 1) {
        const name = `w${id}-${i % 12}`;
        if (i % 7 === 6 && expected.has(name)) {
          expected.delete(name);
          deleted.add(`delete ${NS}/${name}`);
          await insist(async () => (await client.find(WIDGET, ref(name))) && client.delete(WIDGET, ref(name)));
        } else {
          expected.set(name, i);
          await insist(() => client.apply(WIDGET, { metadata: ref(name), spec: { size: i === 13 ? 12 : i } }));
        }
      }
    };
    const streams = [1, 2, 3].map(stream);
    for (const until of [150, 300]) {
      await vi.waitUntil(() => edits > until, PATIENCE);
      await server.kill();
      await server.restart();
    }
    await Promise.all(streams);
    const truth = async (): Promise<Map<string, unknown>> => {
      const { items } = await client.list(WIDGET, { namespace: NS });
      return new Map(items.map((item) => [item.metadata.name, part(item, 'spec')['size']]));
    };
    const held = (): Map<string, unknown> =>
      new Map(reflector.list().map((item) => [item.metadata.name, part(item, 'spec')['size']]));
    const final = await truth();
    expect([...final.keys()].sort()).toEqual([...expected.keys()].sort());
    await vi.waitFor(() => expect(held()).toEqual(final), PATIENCE);
    expect(deleted.size).toBeGreaterThan(5);
    for (const event of deleted) expect(story).toContain(event);
    expect(failures.length).toBeGreaterThan(0);
  }, 120_000);

  test('learns of a deletion that happened while it was cut off and its version was forgotten', async () => {
    const { client, server } = bench;
    const gated = await bench.gated('gated');
    for (const name of ['stays', 'goes', 'returns']) {
      await client.apply(CONFIG_MAP, { metadata: { ...ref(name), labels: { gone: 'test' } } });
    }
    const { reflector, story, listed, failures } = await follow(gated.client, {
      kind: CONFIG_MAP,
      namespaces: [NS],
      labelSelector: 'gone=test',
    });
    gated.gate.cut();
    await client.delete(CONFIG_MAP, ref('goes'));
    await client.delete(CONFIG_MAP, ref('returns'));
    await client.apply(CONFIG_MAP, { metadata: { ...ref('returns'), labels: { gone: 'test' } } });
    // A new API server knows no history from before its start.
    await server.restart();
    gated.gate.mend();
    await vi.waitFor(
      () =>
        expect(story.slice(3).sort()).toEqual([`delete ${NS}/goes`, `delete ${NS}/returns`, `upsert ${NS}/returns`]),
      PATIENCE,
    );
    expect(reflector.list().map(({ metadata }) => metadata.name)).toEqual(['returns', 'stays']);
    expect(failures.some(isGone)).toBe(true);
    expect(listed).toHaveLength(2);
    await gated.client.close();
  }, 60_000);

  test('goes on without a new list after a short cut', async () => {
    const gated = await bench.gated('gated');
    const { reflector, listed } = await follow(gated.client, {
      kind: CONFIG_MAP,
      namespaces: [NS],
      labelSelector: 'short=cut',
    });
    gated.gate.cut();
    await bench.client.apply(CONFIG_MAP, { metadata: { ...ref('short-cut'), labels: { short: 'cut' } } });
    gated.gate.mend();
    await vi.waitUntil(() => reflector.size === 1, PATIENCE);
    expect(listed).toHaveLength(1);
    await gated.client.close();
  }, 60_000);

  test('sees only metadata of Secrets where that is all it asks for, and every change of them', async () => {
    const { client } = bench;
    const secret = (password: string): Parameters<KubeClient['apply']>[1] => ({
      metadata: { ...ref('secret'), labels: { hidden: 'yes' } },
      stringData: { password },
    });
    await client.create(SECRET, secret('one'));
    const { reflector, story } = await follow(client, {
      kind: SECRET,
      namespaces: [NS],
      labelSelector: 'hidden=yes',
      metadataOnly: true,
    });
    const listed = reflector.get(`${NS}/secret`);
    await client.mergePatch(SECRET, ref('secret'), { stringData: { password: 'two' } });
    await vi.waitUntil(() => story.length === 2, PATIENCE);
    const watched = reflector.get(`${NS}/secret`);
    for (const object of [listed, watched]) {
      expect(Object.keys(object ?? {}).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
      expect(object).toMatchObject({ apiVersion: 'v1', kind: 'Secret', metadata: { labels: { hidden: 'yes' } } });
    }
    expect(watched?.metadata.resourceVersion).not.toBe(listed?.metadata.resourceVersion);
    await client.delete(SECRET, ref('secret'));
    await vi.waitUntil(() => story.length === 3, PATIENCE);
    expect(story[2]).toBe(`delete ${NS}/secret`);
  }, 60_000);

  test('follows one object by its name', async () => {
    const { client } = bench;
    await client.apply(CONFIG_MAP, { metadata: ref('named') });
    const { reflector, story } = await follow(client, {
      kind: CONFIG_MAP,
      namespaces: [NS],
      fieldSelector: 'metadata.name=named',
    });
    await client.apply(CONFIG_MAP, { metadata: ref('other') });
    await client.apply(CONFIG_MAP, { metadata: ref('named'), data: { a: 'b' } });
    await vi.waitUntil(() => story.length === 2, PATIENCE);
    expect(reflector.list().map(({ metadata }) => metadata.name)).toEqual(['named']);
  }, 60_000);

  test('waits for a kind that does not exist yet', async () => {
    const { reflector, failures } = begin(bench.client, { kind: { ...WIDGET, plural: 'gadgets' } });
    await vi.waitUntil(() => failures.length >= 3, PATIENCE);
    expect(failures).toMatchObject([{ code: 404 }, { code: 404 }, { code: 404 }]);
    expect(reflector.hasSynced).toBe(false);
  }, 60_000);
});
