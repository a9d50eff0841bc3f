// SPDX-License-Identifier: Apache-2.0
// Where a plan's objects come from: the files first, then the cluster, which is asked only for what the files lack.
import { sipGateway, type SipGateway } from '../operator/api/sipgateway.ts';
import { Sensitive } from '../operator/api/sensitive.ts';
import { whatsAppNumber, type WhatsAppNumber } from '../operator/api/whatsappnumber.ts';
import { CONFIG_MAP, SECRET, SIP_GATEWAY, WHATSAPP_NUMBER } from '../operator/controllers/shared/kinds.ts';
import type { KubeClient } from '../operator/kube/client.ts';
import { KubeError } from '../operator/kube/errors.ts';
import type { ResourceKind } from '../operator/kube/resource.ts';
import * as z from 'zod';
import { UsageError, type Manifest } from './manifests.ts';

/** Opens the connection to the cluster; throws a sentence where there is none. */
export type OpenCluster = () => Promise<KubeClient>;

const secret = z.object({ data: z.record(z.string(), z.string()).default({}), stringData: z.record(z.string(), z.string()).default({}) });
const binary = z.object({ binaryData: z.record(z.string(), z.string()).default({}) });

export class Objects {
  readonly #manifests: readonly Manifest[];
  readonly #namespace: string;
  readonly #open: OpenCluster;
  #client: Promise<KubeClient> | undefined;

  /** @param namespace of objects that name none */
  constructor(manifests: readonly Manifest[], namespace: string, open: OpenCluster) {
    this.#manifests = manifests;
    this.#namespace = namespace;
    this.#open = open;
  }

  /** @throws UsageError where one breaks a rule of its kind */
  numbers(): WhatsAppNumber[] {
    const own = this.#manifests.filter(({ kind }) => kind === 'WhatsAppNumber');
    return own.map((manifest) => {
      const { metadata } = manifest;
      const parsed = whatsAppNumber.safeParse({ ...manifest, metadata: { namespace: this.#namespace, uid: '', ...metadata } });
      if (parsed.success) return parsed.data;
      const [issue] = parsed.error.issues;
      throw new UsageError(`WhatsAppNumber "${metadata.name}": ${issue?.path.join('.')}: ${issue?.message}`);
    });
  }

  async gateway(namespace: string, name: string): Promise<SipGateway | undefined> {
    const found = await this.#find(SIP_GATEWAY, namespace, name);
    return found === undefined ? undefined : sipGateway.parse({ ...found, metadata: { uid: '', namespace, ...metadataOf(found) } });
  }

  /** The number as the cluster has it, with its status. */
  async live({ metadata: { namespace, name } }: WhatsAppNumber): Promise<WhatsAppNumber | undefined> {
    const found = await this.#listed(await this.#cluster(), WHATSAPP_NUMBER, { namespace, name });
    return found === undefined ? undefined : whatsAppNumber.parse(found);
  }

  /** @throws UsageError where Secret or key is missing */
  async secret(namespace: string, { name, key }: { name: string; key: string }): Promise<Sensitive> {
    const found = await this.#find(SECRET, namespace, name);
    if (found === undefined) throw new UsageError(`Secret "${name}" is neither in the files nor in namespace "${namespace}": create it or add it to the files`);
    const { data, stringData } = secret.parse(found);
    const text = stringData[key] ?? (data[key] === undefined ? undefined : Buffer.from(data[key], 'base64').toString('utf8'));
    if (!text?.trim()) throw new UsageError(`Secret "${name}" has no key "${key}", or it is empty`);
    return new Sensitive(text.trim());
  }

  async binary(namespace: string, { name, key }: { name: string; key: string }): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const found = await this.#find(CONFIG_MAP, namespace, name);
    const content = found && binary.parse(found).binaryData[key];
    return content === undefined ? undefined : new Uint8Array(Buffer.from(content, 'base64'));
  }

  async close(): Promise<void> {
    await (await this.#client)?.close();
  }

  async #find(kind: ResourceKind, namespace: string, name: string): Promise<object | undefined> {
    const own = this.#manifests.find((each) => each.kind === kind.kind && each.metadata.name === name && (each.metadata.namespace ?? this.#namespace) === namespace);
    if (own) return own;
    const client = await this.#cluster();
    // Of our own kinds the operator may list, and not get.
    if (kind.group === '') return client.find(kind, { namespace, name }).catch(refused);
    return this.#listed(client, kind, { namespace, name });
  }

  async #listed(client: KubeClient, kind: ResourceKind, { namespace, name }: { namespace: string; name: string }): Promise<object | undefined> {
    const { items } = await client.list(kind, { namespace, fieldSelector: `metadata.name=${name}` }).catch(refused);
    return items[0];
  }

  #cluster(): Promise<KubeClient> {
    this.#client ??= this.#open();
    return this.#client;
  }
}

/** The cluster's words are the user's answer. */
function refused(error: unknown): never {
  if (error instanceof KubeError) throw new UsageError(`the files lack something, and the cluster says: ${error.message}`);
  throw error;
}

const metadataOf = (object: object): object => ('metadata' in object && typeof object.metadata === 'object' && object.metadata ? object.metadata : {});
