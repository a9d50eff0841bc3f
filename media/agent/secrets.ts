// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import * as z from 'zod';
import type { KubeClient } from '../../operator/kube/client.ts';
import { decodeWith } from '../../operator/kube/decode.ts';
import { Reflector } from '../../operator/kube/reflector.ts';
import { DOOR_KEY } from '../../operator/permission/contract.ts';
import { Unpacker } from '../../operator/routing/packing.ts';
import type { Snapshot } from '../../operator/routing/snapshot.ts';
import { readCertificate } from './certificate.ts';
import type { Wanted } from './contract.ts';
import type { Loop } from './loop.ts';
import type { Permissions } from './permissions.ts';

const secret = z.object({ metadata: z.object({ resourceVersion: z.string() }), data: z.record(z.string(), z.string()).default({}) });
type Secret = z.infer<typeof secret>;

const SECRET = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true };

export interface SecretWatch {
  client: KubeClient;
  namespace: string;
  loop: Loop;
  permissions: Pick<Permissions, 'use'>;
  log: Logger;
  /** What must be there before a snapshot is served. Never rejects. */
  prepare: (snapshot: Snapshot) => Promise<void>;
}

/** Feeds the loop with every snapshot that appears in the Secret. */
export function watchSnapshot(name: string, watch: SecretWatch): Reflector<Secret> {
  const unpacker = new Unpacker();
  let newest: string | undefined;
  return follow({ input: 'snapshot', name, ...watch }, async ({ data, metadata: { resourceVersion } }) => {
    newest = resourceVersion;
    watch.permissions.use(data[DOOR_KEY]);
    const snapshot = unpacker.unpack(data);
    await watch.prepare(snapshot);
    // One that came meanwhile is served in its place.
    if (newest === resourceVersion) await watch.loop.want({ snapshot, revision: resourceVersion });
  });
}

/** Feeds the loop with every certificate that appears in the Secret. */
export function watchCertificate(name: string, watch: SecretWatch): Reflector<Secret> {
  return follow({ input: 'certificate', name, ...watch }, ({ data }) => watch.loop.want({ certificate: readCertificate(name, data) }));
}

/** A Secret that is deleted changes nothing: what was served last goes on. */
function follow(
  { input, name, client, namespace, loop, log }: SecretWatch & { input: keyof Wanted; name: string },
  use: (secret: Secret) => Promise<void>,
): Reflector<Secret> {
  const reflector = new Reflector({
    client,
    kind: SECRET,
    namespaces: [namespace],
    fieldSelector: `metadata.name=${name}`,
    decode: decodeWith(secret),
    observer: { failed: (_, error, retryMs) => log.warn({ secret: name, err: error, retryMs }, 'watch failed, it goes on') },
  });
  reflector.subscribe((change) => {
    if (change.type !== 'upsert') return;
    try {
      void use(change.object).catch((error: unknown) => loop.refuse(input, toText(error)));
    } catch (error) {
      loop.refuse(input, toText(error));
    }
  });
  return reflector;
}

const toText = (error: unknown): string => (error instanceof Error ? error.message : String(error));
