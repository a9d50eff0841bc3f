// SPDX-License-Identifier: Apache-2.0
// Many numbers over a few apps, as Meta has them.
import type { Manifest } from '../../operator/kube/client.ts';
import { line, NAMESPACE, type Line, type World } from '../e2e/world.ts';
import type { kinds } from '../stage/kube.ts';

export const APPS = 3;
/** Meta lets an account have some tens of numbers. */
const NUMBERS_IN_ACCOUNT = 20;

export type AppLine = Line & { app: number; account: string };

export const manyLines = (count: number): AppLine[] =>
  Array.from({ length: count }, (_, i) => ({
    ...line(`many-${i}`, `+1555${2_000_000 + i}`),
    app: i % APPS,
    account: `10229012934${String(4000 + Math.floor(i / APPS / NUMBERS_IN_ACCOUNT) * APPS + (i % APPS)).padStart(5, '0')}`,
  }));

export const appOf = (app: number): string => `70000000000010${app}`;
export const tokenOf = (app: number, turn = 1): string => `EXAMPLE-TOKEN-${app}-${turn}`;

export const addToken = ({ meta }: World, app: number, turn = 1): void =>
  meta.addToken({ token: tokenOf(app, turn), appId: appOf(app), scopes: ['whatsapp_business_management', 'whatsapp_business_messaging'] });

/** Makes the apps and the numbers known to Meta. */
export function addMany(world: World, lines: readonly AppLine[]): void {
  for (let app = 0; app < APPS; app += 1) addToken(world, app);
  for (const each of lines) world.meta.addNumber({ ...each, businessAccountID: each.account });
}

const AT_A_TIME = 20;

/** Creates objects, as many at a time as a busy cluster takes: kubectl would take its time over so many. */
export async function createAll({ client }: World, kind: (typeof kinds)[keyof typeof kinds], objects: readonly Manifest[]): Promise<void> {
  const left = objects.values();
  const work = async (): Promise<void> => {
    for (const object of left) await client.create(kind, { ...object, metadata: { ...object.metadata, namespace: NAMESPACE } });
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
}
