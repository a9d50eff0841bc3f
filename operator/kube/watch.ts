// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import type { Clock } from './clock.ts';
import { deadline } from './deadline.ts';
import { KubeError, statusError } from './errors.ts';
import { isKubeObject, isRecord, type KubeObject } from './objects.ts';
import type { Transport } from './transport.ts';

/** What one line of a watch tells. `resourceVersion` is how far the watch has come. */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject; readonly resourceVersion: string }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

export interface WatchRequest {
  readonly path: string;
  readonly accept?: string;
  readonly signal: AbortSignal;
  /** Milliseconds of silence after which the connection is given up; bookmarks come about once a minute. */
  readonly idleMs: number;
}

/**
 * Splits a byte stream into lines, one batch for each chunk. Bytes, because a character may lie across two chunks; only
 * at line feeds, because JSON text may hold other characters that are taken for line ends elsewhere. A last line
 * without its line feed was cut off and is not delivered.
 */
export async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string[], void, undefined> {
  let rest: Uint8Array[] = [];
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(0x0a);
    const whole = end < 0 ? '' : Buffer.concat([...rest, chunk.subarray(0, end)]).toString('utf8');
    if (end >= 0) rest = [];
    rest.push(chunk.subarray(end + 1));
    yield whole.split('\n').filter((line) => line !== '');
  }
}

function unreadable(line: string, cause?: unknown): KubeError {
  return new KubeError({
    code: 0,
    reason: 'Unreadable',
    message: `a watch sent what is not an event: ${line.slice(0, 80)}`,
    cause,
  });
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw unreadable(line, error);
  }
}

/** The event that a line tells of. Throws `KubeError` for an error event and for what is not an event. */
export function eventOf(line: string): WatchEvent {
  const event = jsonOf(line);
  if (!isRecord(event) || !isRecord(event['object'])) throw unreadable(line);
  const { type, object } = event;
  if (type === 'ERROR') throw statusError(object, typeof object['code'] === 'number' ? object['code'] : 500);
  const resourceVersion = isRecord(object['metadata']) ? object['metadata']['resourceVersion'] : undefined;
  if (typeof resourceVersion !== 'string') throw unreadable(line);
  if (type === 'BOOKMARK') return { type, resourceVersion };
  if ((type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') && isKubeObject(object)) {
    return { type, object, resourceVersion };
  }
  throw unreadable(line);
}

/**
 * The events of one watch. Ends when the server ends it; throws `KubeError` when it is cut, silent for too long or
 * refused, and the signal's reason when the caller aborts.
 */
export async function* watchEvents(
  transport: Transport,
  watch: WatchRequest,
  clock: Clock,
): AsyncGenerator<WatchEvent, void, undefined> {
  using idle = deadline(clock, watch.idleMs, watch.signal);
  let body: Readable | undefined;
  try {
    body = await transport.stream({
      method: 'GET',
      path: watch.path,
      signal: idle.signal,
      ...(watch.accept ? { accept: watch.accept } : {}),
    });
    for await (const batch of lines(body)) {
      idle.extend();
      for (const line of batch) yield eventOf(line);
    }
  } catch (error) {
    throw failureOf(error, watch, idle.expired);
  } finally {
    // Destroying a body that is not read to its end makes it emit an error, which nobody is left to hear.
    body?.on('error', () => undefined).destroy();
  }
}

function failureOf(error: unknown, watch: WatchRequest, expired: boolean): unknown {
  if (watch.signal.aborted) return watch.signal.reason;
  if (expired) {
    return new KubeError({
      code: 0,
      reason: 'Timeout',
      message: `a watch was silent for ${watch.idleMs / 1000} s`,
      cause: error,
    });
  }
  if (error instanceof KubeError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new KubeError({ code: 0, reason: 'Unreachable', message: `a watch was cut: ${message}`, cause: error });
}
