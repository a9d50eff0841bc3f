// SPDX-License-Identifier: Apache-2.0
import { expect, onTestFinished, test, vi } from 'vitest';
import { EventRecorder } from '../../../operator/kube/events.ts';
import type { EventNote } from '../../../operator/kube/event.ts';
import type { KubeObject, ObjectRef } from '../../../operator/kube/objects.ts';
import { EVENT, type ResourceKind } from '../../../operator/kube/resource.ts';
import { Bench, NS, part, WIDGET } from './bench.ts';

const CORE_EVENT: ResourceKind = { group: '', version: 'v1', plural: 'events', kind: 'Event', namespaced: true };

const bench = new Bench();
const lost: unknown[] = [];

function recorder(): { recorder: EventRecorder; end: () => Promise<void> } {
  const own = new EventRecorder({
    client: bench.client,
    controller: 'kube.example.com/test',
    instance: 'one',
    onLost: (_event, why) => lost.push(why),
  });
  const stop = new AbortController();
  const running = own.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  onTestFinished(end);
  return { recorder: own, end };
}

/** The events of an object as `kubectl describe` finds them. */
async function described(object: KubeObject): Promise<KubeObject[]> {
  const { uid, name } = object.metadata;
  const fieldSelector = `involvedObject.uid=${uid},involvedObject.name=${name},involvedObject.kind=${object.kind}`;
  return (await bench.client.list(CORE_EVENT, { namespace: object.metadata.namespace ?? 'default', fieldSelector }))
    .items;
}

const noteOf = (regarding: KubeObject): EventNote => ({
  regarding,
  type: 'Warning',
  reason: 'TokenRefused',
  action: 'ReadSettings',
  note: 'The token was refused: make a new one.',
});

test('an event appears where describe looks, and counts on when it happens again, also after a restart', async () => {
  const widget = await bench.client.create(WIDGET, { metadata: { namespace: NS, name: 'described' } });
  const first = recorder();
  first.recorder.record(noteOf(widget));
  await vi.waitFor(async () => expect(await described(widget)).toHaveLength(1), { timeout: 10_000 });
  const [event] = await described(widget);
  expect(event).toMatchObject({
    type: 'Warning',
    reason: 'TokenRefused',
    message: 'The token was refused: make a new one.',
    reportingComponent: 'kube.example.com/test',
  });
  for (let i = 0; i < 4; i += 1) first.recorder.record(noteOf(widget));
  await first.end();
  const second = recorder();
  second.recorder.record(noteOf(widget));
  await second.end();
  const events = await described(widget);
  expect(events).toHaveLength(1);
  expect(events[0] && part(events[0], 'series')['count']).toBe(6);
  expect(lost).toEqual([]);
}, 60_000);

test('an event that happens twice before it is written starts as a series', async () => {
  const widget = await bench.client.create(WIDGET, { metadata: { namespace: NS, name: 'twice' } });
  const { recorder: own, end } = recorder();
  const tooLong = 'ß'.repeat(2_000);
  await bench.server.kill();
  own.record({ ...noteOf(widget), note: tooLong });
  own.record({ ...noteOf(widget), note: tooLong });
  await bench.server.restart();
  await vi.waitFor(
    async () => expect((await described(widget)).map((event) => part(event, 'series')['count'])).toEqual([2]),
    { timeout: 30_000 },
  );
  await end();
  expect(lost).toEqual([]);
}, 60_000);

test('an event of a namespace that does not exist is reported as lost', async () => {
  const { recorder: own } = recorder();
  const regarding: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'nowhere', name: 'x', uid: 'u' },
  };
  own.record(noteOf(regarding));
  await vi.waitFor(() => expect(lost).toMatchObject([{ code: 404 }]), { timeout: 10_000 });
  const ref: ObjectRef = { namespace: 'nowhere', name: 'x' };
  expect(await bench.client.find(EVENT, ref)).toBeUndefined();
}, 60_000);
