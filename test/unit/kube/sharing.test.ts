// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import * as z from 'zod';
import { decodeWith } from '../../../operator/kube/decode.ts';
import { sharing } from '../../../operator/kube/sharing.ts';

const schema = z.object({ metadata: z.object({ name: z.string() }), list: z.array(z.object({ text: z.string(), n: z.number().nullable() })) });
const decode = sharing(decodeWith(schema));
const raw = (name: string): Parameters<typeof decode>[0] => JSON.parse(JSON.stringify({ apiVersion: 'v1', kind: 'K', metadata: { name }, list: [{ text: 'same for all', n: 1 }, { text: name, n: null }] }));

it('objects are decoded as without it', () => {
  for (const name of ['a', 'b', 'a']) expect(decode(raw(name))).toEqual(decodeWith(schema)(raw(name)));
});

it('what cannot be decoded keeps its reason', () => {
  const broken = { ...raw('a'), list: 'none' };
  expect(decode(broken)).toEqual(decodeWith(schema)(broken));
});

it('does not touch what it was given', () => {
  const given = Object.freeze(raw('a'));
  expect(() => decode(given)).not.toThrow();
});
