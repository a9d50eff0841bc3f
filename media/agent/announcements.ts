// SPDX-License-Identifier: Apache-2.0
// Keeps the audio of announcements where media pods can fetch it: read from the ConfigMaps that routes name, and kept when the API
// server is away.
import type { Logger } from 'pino';
import * as z from 'zod';
import type { KubeClient } from '../../operator/kube/client.ts';
import type { Page } from '../../operator/kube/serve.ts';
import { isAudio } from '../../operator/routing/audio.ts';
import { announcedBy, type Snapshot } from '../../operator/routing/snapshot.ts';

const CONFIG_MAP = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true };
const configMap = z.object({ binaryData: z.record(z.string(), z.string()).default({}) });

/** An announcement that was read is read again after so long, in case it is another by then. */
export const FRESH_MS = 10_000;

/** A right to a ConfigMap that was given just now holds a moment later. */
const PATIENCE_MS = 3000;
const AGAIN_MS = 100;

interface Kept {
  audio: Buffer;
  readAt: number;
}

export interface AnnouncementOptions {
  client: Pick<KubeClient, 'find'>;
  namespace: string;
  log: Logger;
  /** A clock in milliseconds, and how to wait by it. */
  now: () => number;
  pause: (ms: number) => Promise<void>;
}

export class Announcements {
  readonly #options: AnnouncementOptions;
  readonly #kept = new Map<string, Kept>();
  /** What the last snapshot named. */
  #known: ReadonlySet<string> = new Set();
  #problem: string | undefined;
  #reading: Promise<void> | undefined;

  constructor(options: AnnouncementOptions) {
    this.#options = options;
  }

  /** Reads what the snapshot names and is not kept, or was kept for long; a look during a look is the same. */
  refresh(snapshot: Snapshot | undefined): Promise<void> {
    this.#reading ??= this.#refresh(snapshot ? announcedBy(snapshot) : new Set()).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /**
   * Resolves once what a snapshot names for the first time was read, so that calls find it from the first on; after a while it
   * resolves all the same, since the rest of the snapshot must not wait for what may never be there.
   */
  async ready(snapshot: Snapshot): Promise<void> {
    const fresh = announcedBy(snapshot).difference(this.#known);
    this.#known = announcedBy(snapshot);
    const until = this.#options.now() + PATIENCE_MS;
    while (fresh.size > 0 && this.#options.now() < until) {
      await this.refresh(snapshot);
      if ([...fresh].every((of) => this.#kept.has(of))) return;
      await this.#options.pause(AGAIN_MS);
    }
  }

  /** The audio of NAME/KEY. */
  page(of: string): Page {
    const kept = this.#kept.get(of);
    if (!kept) return { status: 404, contentType: 'text/plain', body: 'no route plays this, or it cannot be read\n' };
    return { contentType: 'application/octet-stream', body: kept.audio };
  }

  async #refresh(wanted: ReadonlySet<string>): Promise<void> {
    for (const of of this.#kept.keys()) if (!wanted.has(of)) this.#kept.delete(of);
    const problems: string[] = [];
    for (const of of wanted) {
      if (this.#options.now() - (this.#kept.get(of)?.readAt ?? -Infinity) < FRESH_MS) continue;
      await this.#read(of).catch((error: unknown) => problems.push(`${of}: ${error instanceof Error ? error.message : String(error)}`));
    }
    this.#tell(problems);
  }

  async #read(of: string): Promise<void> {
    const { client, namespace, now } = this.#options;
    const [name = '', key = ''] = of.split('/', 2);
    const found = await client.find(CONFIG_MAP, { namespace, name });
    const text = found && configMap.parse(found).binaryData[key];
    if (!text) throw new Error('it is not there');
    const audio = Buffer.from(text, 'base64');
    // Whoever may write a route must not get at whatever else is in ConfigMaps.
    if (!isAudio(audio)) throw new Error('it is no audio');
    this.#kept.set(of, { audio, readAt: now() });
  }

  #tell(problems: readonly string[]): void {
    const problem = problems.length > 0 ? problems.join('; ') : undefined;
    if (problem && problem !== this.#problem) this.#options.log.warn({ problem }, 'announcements cannot be read; what was read before goes on');
    this.#problem = problem;
  }
}
