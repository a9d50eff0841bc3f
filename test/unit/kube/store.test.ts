// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Store } from '../../../operator/kube/store.ts';

interface Pet {
  readonly name: string;
  readonly tags: readonly string[];
}

test('after any edits, every index finds exactly what looking through all objects finds', () => {
  const edit = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    tags: fc.option(fc.array(fc.constantFrom('x', 'y', 'z'), { maxLength: 3 })),
  });
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 40 }), (edits) => {
      const store = new Store<Pet>({ tag: (pet) => pet.tags, name: (pet) => [pet.name] });
      const model = new Map<string, Pet>();
      for (const { key, tags } of edits) {
        if (tags) {
          store.set(key, { name: key, tags });
          model.set(key, { name: key, tags });
        } else {
          store.delete(key);
          model.delete(key);
        }
      }
      const inOrder = [...model.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pet]) => pet);
      expect(store.list()).toEqual(inOrder);
      expect(store.size).toBe(model.size);
      for (const tag of ['x', 'y', 'z']) {
        expect(store.byIndex('tag', tag)).toEqual(inOrder.filter(({ tags }) => tags.includes(tag)));
      }
      for (const name of ['a', 'b', 'c', 'd']) {
        expect(store.byIndex('name', name)).toEqual(inOrder.filter((pet) => pet.name === name));
      }
    }),
  );
});
