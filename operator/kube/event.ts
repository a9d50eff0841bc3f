// SPDX-License-Identifier: Apache-2.0
import type { Manifest } from './client.ts';
import { microTime } from './lease.ts';
import { hashOf, isRecord, type KubeObject, type ObjectRef } from './objects.ts';

/** Something that has happened to an object, told to whoever looks at it. */
export interface EventNote {
  readonly regarding: KubeObject;
  readonly type: 'Normal' | 'Warning';
  /** Machine-readable, in PascalCase. */
  readonly reason: string;
  /** What was being done, in PascalCase. */
  readonly action: string;
  /** A sentence for people. */
  readonly note: string;
}

/** Who reports events. */
export interface Reporter {
  /** A qualified name, such as `example.com/controller`. */
  readonly controller: string;
  /** Which instance of it, such as the pod's name. */
  readonly instance: string;
}

/** How often something happened, and when first and last. */
export interface Occurrences {
  readonly event: EventNote;
  readonly first: Date;
  readonly last: Date;
  readonly count: number;
}

/** Limits of the API server: bytes of a note, characters of a name. */
const NOTE_BYTES = 1_024;
const NAME_LENGTH = 253;

/** Name of the Event for a note: the same for the same event, whoever and whenever writes it. */
export function nameOf({ regarding, type, reason, action, note }: EventNote, controller: string): string {
  const hash = hashOf([regarding.kind, regarding.metadata.uid ?? '', type, reason, action, note, controller]);
  return `${regarding.metadata.name.slice(0, NAME_LENGTH - hash.length - 1).replace(/[^a-z0-9]+$/, '')}.${hash}`;
}

/** Where the Event of a note is kept: with its object; those of cluster-scoped objects are in `default`. */
export function refOf({ regarding }: EventNote, name: string): ObjectRef {
  return { namespace: regarding.metadata.namespace ?? 'default', name };
}

function shortened(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= NOTE_BYTES) return note;
  // A character cut in two decodes to U+FFFD; it goes, and the ellipsis takes three bytes.
  return `${bytes
    .subarray(0, NOTE_BYTES - 3)
    .toString('utf8')
    .replace(/\uFFFD+$/, '')}…`;
}

/** The Event to create. One that happened several times before it could be written starts as a series. */
export function manifestOf(name: string, { event, first, last, count }: Occurrences, reporter: Reporter): Manifest {
  const { regarding, type, reason, action, note } = event;
  const { namespace, uid } = regarding.metadata;
  return {
    metadata: { name, namespace: namespace ?? 'default' },
    eventTime: microTime(first),
    type,
    reason,
    action,
    note: shortened(note),
    regarding: {
      apiVersion: regarding.apiVersion,
      kind: regarding.kind,
      name: regarding.metadata.name,
      namespace,
      uid,
    },
    reportingController: reporter.controller,
    reportingInstance: reporter.instance,
    ...(count > 1 ? { series: { count, lastObservedTime: microTime(last) } } : {}),
  };
}

/** How often a stored Event says that it happened. */
export function countOf(event: KubeObject): number {
  const { series } = event;
  return isRecord(series) && typeof series['count'] === 'number' ? series['count'] : 1;
}
