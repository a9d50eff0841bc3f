// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { KubeError } from '../../../operator/kube/errors.ts';
import { eventOf, lines } from '../../../operator/kube/watch.ts';
import { collect } from './collect.ts';

async function* chunksOf(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    yield bytes.subarray(from, end);
    from = end;
  }
}

test('however a stream is cut into pieces, its whole lines come out, and what has no line end does not', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 12 }).map((one) => one.toWellFormed().replaceAll('\n', '\u2028'));
  await fc.assert(
    fc.asyncProperty(fc.array(text), text, fc.array(fc.nat(), { maxLength: 10 }), async (whole, rest, cuts) => {
      const bytes = Buffer.from(whole.map((line) => `${line}\n`).join('') + rest);
      const batches = await collect(lines(chunksOf(bytes, cuts)));
      expect(batches.flat()).toEqual(whole.filter((line) => line !== ''));
    }),
  );
});

test('an error event is thrown as the error it tells of', () => {
  const line = JSON.stringify({
    type: 'ERROR',
    object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' },
  });
  expect(() => eventOf(line)).toThrow(new KubeError({ code: 410, reason: 'Expired', message: 'too old' }));
  expect(() => eventOf('{"type":"ERROR","object":{}}')).toThrow('the API server answered HTTP 500');
});

test('a bookmark has no object, only how far the watch has come', () => {
  const line = JSON.stringify({
    type: 'BOOKMARK',
    object: { kind: 'Widget', metadata: { resourceVersion: '7', creationTimestamp: null } },
  });
  expect(eventOf(line)).toEqual({ type: 'BOOKMARK', resourceVersion: '7' });
});
