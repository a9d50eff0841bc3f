// SPDX-License-Identifier: Apache-2.0
import { KubeError } from './errors.ts';
import { isKubeObject, isRecord, type KubeObject } from './objects.ts';

/** One page of a list. */
export interface Page {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  /** Token of the next page; undefined on the last. */
  readonly next: string | undefined;
}

/** Something that is not the API server answered with success: a captive portal, a proxy's page. */
function unreadable(what: string, expected: string, cause?: unknown): KubeError {
  return new KubeError({
    code: 0,
    reason: 'Unreadable',
    message: `${what}: the answer is not ${expected}; is this the API server?`,
    cause,
  });
}

function jsonOf(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(what, 'JSON', error);
  }
}

/** The object in an answer. `what` names the request in the `KubeError` thrown for anything else. */
export function objectIn(what: string, text: string): KubeObject {
  const object = jsonOf(what, text);
  if (isKubeObject(object)) return object;
  throw unreadable(what, 'an object');
}

/** The page of a list in an answer; errors as in `objectIn`. */
export function pageIn(what: string, text: string): Page {
  const list = jsonOf(what, text);
  if (!isRecord(list) || !isRecord(list['metadata'])) throw unreadable(what, 'a list');
  const { resourceVersion, continue: next } = list['metadata'];
  const items: unknown = list['items'] ?? [];
  if (typeof resourceVersion !== 'string' || !Array.isArray(items) || !items.every(isKubeObject)) {
    throw unreadable(what, 'a list');
  }
  return { items, resourceVersion, next: typeof next === 'string' && next !== '' ? next : undefined };
}
