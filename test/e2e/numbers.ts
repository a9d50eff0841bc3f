// SPDX-License-Identifier: Apache-2.0
// Numbers as tests make, change and read them.
import { whatsAppNumber, type WhatsAppNumber } from '../../operator/api/whatsappnumber.ts';
import { apply } from '../stage/install.ts';
import { kinds, waitForCondition, type Awaited } from '../stage/kube.ts';
import { ACCOUNT } from '../stage/meta.ts';
import { numberManifest, routeManifest } from './manifests.ts';
import { line, NAMESPACE, PBXS, type Line, type World } from './world.ts';

type Spec = Record<string, unknown>;
type NumberAtMeta = Omit<Parameters<World['meta']['addNumber']>[0], 'phoneNumber' | 'phoneNumberID' | 'businessAccountID'>;

let serial = 0;

/** A fresh number that Meta knows. */
export function known(world: World, name: string, atMeta: NumberAtMeta & { businessAccountID?: string } = {}): Line {
  const number = line(name, `+1555100${String((serial += 1)).padStart(4, '0')}`);
  world.meta.addNumber({ ...number, businessAccountID: ACCOUNT, ...atMeta });
  return number;
}

/** Applies a number and a route that sends its calls to a PBX. */
export const declare = (world: World, number: Line, spec: Spec = {}): Promise<void> =>
  apply(world.cluster, [numberManifest(number, spec), routeManifest(number.name, [number.name], PBXS.beta.uri)], NAMESPACE);

/** Waits for a condition of an object of ours and gives its message. */
export async function told(
  world: World,
  kind: keyof typeof kinds,
  name: string,
  awaited: Pick<Awaited, 'type'> & Partial<Awaited>,
): Promise<string> {
  return (await waitForCondition(world.client, { kind: kinds[kind], namespace: NAMESPACE, name, ...awaited })).message;
}

export const read = async (world: World, name: string): Promise<WhatsAppNumber> =>
  whatsAppNumber.parse(await world.client.get(kinds.wan, { namespace: NAMESPACE, name }));

export const kubectl = (world: World, ...words: string[]): Promise<string> => world.cluster.kubectl(['-n', NAMESPACE, ...words]);

/** Asks for a look at Meta now, as a person would. */
export const syncNow = (world: World, name: string): Promise<string> => kubectl(world, 'annotate', 'wan', name, 'trunkline.dev/sync=now');

/** Takes numbers away with their routes. */
export const remove = (world: World, ...names: string[]): Promise<string> =>
  kubectl(world, 'delete', ...names.flatMap((name) => [`wan/${name}`, `srt/${name}`]), '--ignore-not-found', '--timeout=60s');

/** Bodies of all writes of calling settings to a number, in order. */
export const writesTo = ({ meta }: World, { phoneNumberID }: Line): unknown[] =>
  meta.graph.requests.filter(({ method, path }) => method === 'POST' && path === `/${phoneNumberID}/settings`).map(({ body }) => body);
