// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { isAlreadyExists, isConflict, isInvalid, isNotFound } from '../../../operator/kube/errors.ts';
import { keyOf } from '../../../operator/kube/objects.ts';
import { Bench, CONFIG_MAP, NS, part, WIDGET } from './bench.ts';

const bench = new Bench();
const ref = (name: string): { namespace: string; name: string } => ({ namespace: NS, name });

/** What a call is refused with. */
async function refusal(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    (value) => new Error(`not refused: ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
}

describe('server-side apply', () => {
  test('the same again changes nothing, not even the version', async () => {
    const { client } = bench;
    const object = { metadata: { ...ref('same'), labels: { a: 'b' } }, spec: { size: 1, tags: ['x', 'y'] } };
    const first = await client.apply(WIDGET, object);
    const second = await client.apply(WIDGET, object);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    expect(second).toMatchObject({ apiVersion: 'kube.example.com/v1', kind: 'Widget', spec: object.spec });
  });

  test('drops what we applied before and leave out now, and leaves what others set', async () => {
    const { client } = bench;
    await client.apply(WIDGET, { metadata: ref('drop'), spec: { size: 1, colour: 'red' } });
    await client.mergePatch(WIDGET, ref('drop'), { metadata: { annotations: { theirs: 'kept' } } });
    const object = await client.apply(WIDGET, { metadata: ref('drop'), spec: { size: 1 } });
    expect(object['spec']).toEqual({ size: 1 });
    expect(object.metadata.annotations).toEqual({ theirs: 'kept' });
  });

  test('takes over a field that another manager owns only by force', async () => {
    const { client } = bench;
    const other = await bench.gated('other');
    await other.client.apply(WIDGET, { metadata: ref('contested'), spec: { size: 1 } });
    const object = { metadata: ref('contested'), spec: { size: 2 } };
    const error = await refusal(client.apply(WIDGET, object, { force: false }));
    expect([isConflict(error), isAlreadyExists(error)]).toEqual([true, false]);
    expect(String(error)).toContain('conflict with "other"');
    expect(part(await client.apply(WIDGET, object), 'spec')).toEqual({ size: 2 });
    await other.client.close();
  });

  test.each([
    ['a field that does not exist', { sise: 1 }, /\.spec\.sise: field not declared in schema/],
    ['a value of the wrong type', { size: 'big' }, /size.*expected numeric|size.*integer/],
    ['a value twice in a set', { tags: ['x', 'x'] }, /tags.*[Dd]uplicate/],
    ['a value that does not fit its pattern', { colour: 'RED' }, /colour.*should match/],
    ['a value that breaks a rule', { size: 13 }, /size must not be 13/],
  ])('refuses %s for good, and says where', async (_what, spec, words) => {
    const error = await refusal(bench.client.apply(WIDGET, { metadata: ref('refused'), spec }));
    expect(isInvalid(error)).toBe(true);
    expect(String(error)).toMatch(words);
    expect(await bench.client.find(WIDGET, ref('refused'))).toBeUndefined();
  });

  test('of a status leaves the spec alone, and the other way round', async () => {
    const { client } = bench;
    await client.apply(WIDGET, { metadata: ref('status'), spec: { size: 1 } });
    const first = await client.applyStatus(WIDGET, { metadata: ref('status'), status: { seen: 1, phase: 'Ready' } });
    expect(first).toMatchObject({ spec: { size: 1 }, status: { seen: 1, phase: 'Ready' } });
    expect(first.metadata.generation).toBe(1);
    const again = await client.applyStatus(WIDGET, { metadata: ref('status'), status: { seen: 1, phase: 'Ready' } });
    expect(again.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    await client.apply(WIDGET, { metadata: ref('status'), spec: { size: 2 } });
    const last = await client.applyStatus(WIDGET, { metadata: ref('status'), status: { seen: 2 } });
    expect(last).toMatchObject({ spec: { size: 2 }, metadata: { generation: 2 } });
    expect(last['status']).toEqual({ seen: 2 });
  });

  test('of a status does not create the object', async () => {
    expect(
      isNotFound(await refusal(bench.client.applyStatus(WIDGET, { metadata: ref('missing'), status: { seen: 1 } }))),
    ).toBe(true);
  });
});

describe('other writes', () => {
  test('creating refuses what exists and what is misspelt', async () => {
    const { client } = bench;
    await client.create(WIDGET, { metadata: ref('created'), spec: { size: 1 } });
    expect(isAlreadyExists(await refusal(client.create(WIDGET, { metadata: ref('created') })))).toBe(true);
    const misspelt = await refusal(client.create(WIDGET, { metadata: ref('misspelt'), spec: { sise: 1 } }));
    expect([isInvalid(misspelt), String(misspelt)]).toEqual([
      true,
      expect.stringContaining('unknown field "spec.sise"'),
    ]);
  });

  test('replacing refuses a version that is not the latest', async () => {
    const { client } = bench;
    const first = await client.create(WIDGET, { metadata: ref('replaced'), spec: { size: 1 } });
    await client.replace(WIDGET, { ...first, spec: { size: 2 } });
    expect(isConflict(await refusal(client.replace(WIDGET, { ...first, spec: { size: 3 } })))).toBe(true);
  });

  test('deleting takes only the object that is meant', async () => {
    const { client } = bench;
    const object = await client.create(WIDGET, { metadata: ref('deleted') });
    expect(isConflict(await refusal(client.delete(WIDGET, ref('deleted'), { uid: 'another' })))).toBe(true);
    expect(isConflict(await refusal(client.delete(WIDGET, ref('deleted'), { resourceVersion: '1' })))).toBe(true);
    await client.delete(WIDGET, ref('deleted'), {
      uid: object.metadata.uid,
      resourceVersion: object.metadata.resourceVersion,
      propagation: 'Background',
    });
    expect(isNotFound(await refusal(client.delete(WIDGET, ref('deleted'))))).toBe(true);
  });

  test('a merge patch takes a finalizer away, and the object goes', async () => {
    const { client } = bench;
    await client.create(WIDGET, { metadata: { ...ref('held'), finalizers: ['kube.example.com/hold'] } });
    await client.delete(WIDGET, ref('held'));
    expect((await client.get(WIDGET, ref('held'))).metadata.deletionTimestamp).toBeDefined();
    await client.mergePatch(WIDGET, ref('held'), { metadata: { finalizers: null } });
    expect(await client.find(WIDGET, ref('held'))).toBeUndefined();
  });
});

describe('reads', () => {
  test('a list of more than a page is whole, typed and held to its selectors', async () => {
    const { client } = bench;
    const names = Array.from({ length: 1_100 }, (_, i) => `many-${i}`);
    for (let i = 0; i < names.length; i += 50) {
      const some = names.slice(i, i + 50);
      await Promise.all(
        some.map((name) =>
          client.create(CONFIG_MAP, { metadata: { ...ref(name), labels: { many: 'yes' } }, data: { name } }),
        ),
      );
    }
    const { items, resourceVersion } = await client.list(CONFIG_MAP, { namespace: NS, labelSelector: 'many=yes' });
    expect(new Set(items.map(({ metadata }) => metadata.name))).toEqual(new Set(names));
    expect(items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    expect(Number(resourceVersion)).toBeGreaterThan(1_100);
    const one = await client.list(CONFIG_MAP, { fieldSelector: 'metadata.name=many-7' });
    expect(one.items.map(({ metadata }) => keyOf(metadata))).toEqual([`${NS}/many-7`]);
  }, 60_000);

  test('text of any path comes as it is', async () => {
    expect(await bench.client.getText('/readyz')).toBe('ok');
    await expect(bench.client.getText('/nowhere')).rejects.toMatchObject({ code: 404 });
  });

  test('who is not known is told so', async () => {
    const error = await refusal(bench.client.get({ ...WIDGET, plural: 'gadgets' }, ref('x')));
    expect(isNotFound(error)).toBe(true);
  });
});
