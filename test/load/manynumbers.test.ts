// SPDX-License-Identifier: Apache-2.0
// Many numbers of several apps: Meta's limits hold to the request, and trouble at Meta costs no call.
// TRUNKLINE_NUMBERS=10000 makes a benchmark of it, and TRUNKLINE_OUTAGE_SECONDS lets Meta be away for longer.
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { whatsAppNumber, type WhatsAppNumber } from '../../operator/api/whatsappnumber.ts';
import { POD } from '../../operator/controllers/shared/kinds.ts';
import type { Manifest } from '../../operator/kube/client.ts';
import { apply } from '../stage/install.ts';
import { kinds } from '../stage/kube.ts';
import { waitFor } from '../stage/wait.ts';
import { numberManifest, routeManifest, secretManifest } from '../e2e/manifests.ts';
import { kubectl } from '../e2e/numbers.ts';
import { hangUp, hears, place, USER_TONE } from '../e2e/talk.ts';
import { NAMESPACE, PBXS, SALES, theWorld, type Line, type World } from '../e2e/world.ts';
import { addMany, addToken, appOf, APPS, createAll, manyLines, tokenOf } from './many.ts';
import { wantedNumbers } from './wanted.ts';

const COUNT = wantedNumbers(1000);
/** How long Meta's Graph is away. */
const OUTAGE_S = Number(process.env['TRUNKLINE_OUTAGE_SECONDS'] ?? 20);
const ROUTE_SIZE = 1000;
/** A look that finds nothing to do asks for the number and its settings, at most every ten minutes. */
const POLL = { requests: 2, seconds: 600 };

let world: World;
const numbers = manyLines(COUNT);

beforeAll(async () => {
  world = await theWorld();
  addMany(world, numbers);
});

const form = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: z.looseObject({ name: z.string() }) });
const labelled = (manifest: object): Manifest => {
  const { metadata, ...rest } = form.parse(manifest);
  return { ...rest, metadata: { ...metadata, labels: { test: 'many' } } };
};

async function all(): Promise<WhatsAppNumber[]> {
  const { items } = await world.client.list(kinds.wan, { namespace: NAMESPACE, labelSelector: 'test=many' });
  return items.map((item) => whatsAppNumber.parse(item));
}

const is = ({ status }: WhatsAppNumber, type: string, state: 'True' | 'False' = 'True'): boolean =>
  status?.conditions?.some((each) => each.type === type && each.status === state) ?? false;
const reasonOf = ({ status }: WhatsAppNumber, type: string): string | undefined => status?.conditions?.find((each) => each.type === type)?.reason;

/** Waits until a sentence holds for all numbers, and says how many it held for last. */
async function everyNumber(what: string, holds: (number: WhatsAppNumber) => boolean, timeoutMs = 300_000): Promise<void> {
  let last = 0;
  await waitFor(
    what,
    async () => {
      last = (await all()).filter(holds).length;
      return last === COUNT;
    },
    { timeoutMs: (timeoutMs * COUNT) / 1000 + 60_000, everyMs: 2 * COUNT, last: () => `${last} of ${COUNT}` },
  );
}

/** Asks for a look at Meta now; kubectl would take its time over so many. */
async function syncAll(lines: readonly Line[]): Promise<void> {
  const patch = { metadata: { annotations: { 'trunkline.dev/sync': 'now' } } };
  await Promise.all(lines.map(({ name }) => world.client.mergePatch(kinds.wan, { namespace: NAMESPACE, name }, patch)));
}

/** The operator's memory in MiB, by its own figures; the leader's is the greater one. */
async function operatorMemory(): Promise<number> {
  const { items } = await world.client.list(POD, { namespace: NAMESPACE, labelSelector: 'app.kubernetes.io/component=operator' });
  const pages = await Promise.all(items.map(({ metadata: { name } }) => kubectl(world, 'get', '--raw', `/api/v1/namespaces/${NAMESPACE}/pods/${name}:8080/proxy/metrics`)));
  const bytes = pages.map((page) => Number(/^process_resident_memory_bytes (\S+)/m.exec(page)?.[1] ?? 0));
  return Math.round(Math.max(...bytes) / 2 ** 20);
}

describe(`${COUNT} numbers over ${APPS} apps`, () => {
  it('come from nothing to Ready within Meta’s limits, with no request too many', async () => {
    world.meta.graph.resetCounts();
    const started = performance.now();
    const secrets = Array.from({ length: APPS }, (_, app) => secretManifest(`app-${app}`, { token: tokenOf(app) }));
    const wans = numbers.map((number) => labelled(numberManifest(number, { businessAccountID: number.account, accessTokenRef: { name: `app-${number.app}`, key: 'token' } })));
    const routes = Array.from({ length: Math.ceil(COUNT / ROUTE_SIZE) }, (_, i) =>
      labelled(routeManifest(`many-${i}`, numbers.slice(i * ROUTE_SIZE, (i + 1) * ROUTE_SIZE).map(({ name }) => name), PBXS.beta.uri)),
    );
    await apply(world.cluster, secrets, NAMESPACE);
    await createAll(world, kinds.wan, wans);
    await createAll(world, kinds.srt, routes);
    await everyNumber('all numbers to be Ready', (number) => is(number, 'SettingsSynced') && is(number, 'Ready'));
    const seconds = Math.round((performance.now() - started) / 1000);
    const counts = world.meta.graph.counts();
    console.log(`${COUNT} numbers Ready after ${seconds} s, ${JSON.stringify(counts.byKind)}, operator ${await operatorMemory()} MiB`);
    expect(counts.throttled).toBe(0);
    const accounts = new Set(numbers.map(({ account }) => account)).size;
    // Two writes: the way to us, and calling itself. Each is read back, and the number is looked at before and after.
    // Only a benchmark takes so long that the first numbers are due for their next look meanwhile.
    const polls = Math.max(0, Math.ceil((COUNT * (seconds - POLL.seconds)) / POLL.seconds));
    expect(counts.byKind['POST /{number}/settings']).toBe(2 * COUNT);
    expect(counts.byKind['GET /{number}/settings'] ?? 0).toBeLessThanOrEqual(4 * COUNT + polls);
    expect(counts.byKind['GET /{number}'] ?? 0).toBeLessThanOrEqual(2 * COUNT + polls);
    expect(counts.byKind['GET /{account}']).toBeLessThanOrEqual(2 * accounts);
    expect(counts.byKind['GET /debug_token'] ?? 0).toBeLessThanOrEqual(2 * APPS);
  });

  it('ask Meta nothing in a quiet time beyond the polling budget', async () => {
    world.meta.graph.resetCounts();
    const started = performance.now();
    // A while in which calls are made, which ask nothing of Meta's settings.
    const call = await place(world, SALES);
    await hears(call, PBXS.alpha, 15);
    await hangUp(call);
    const seconds = (performance.now() - started) / 1000;
    const { requests } = world.meta.graph.counts();
    expect(requests).toBeLessThanOrEqual(Math.ceil((COUNT * POLL.requests * seconds) / POLL.seconds));
  });

  it('of which 50 are changed at Meta are each named and put right', async () => {
    const changed = numbers.slice(0, 50);
    for (const { phoneNumberID } of changed) world.meta.changeSettings(phoneNumberID, { srtp_key_exchange_protocol: 'DTLS' });
    await syncAll(changed);
    const names = new Set(changed.map(({ name }) => name));
    await waitFor('50 drifts to be named and put right', async () => {
      const drifted = (await all()).filter((number) => reasonOf(number, 'Drifted') === 'DriftCorrected');
      return drifted.length === names.size && drifted.every(({ metadata }) => names.has(metadata.name));
    });
    expect(changed.map(({ phoneNumberID }) => world.meta.number(phoneNumberID).calling.srtp_key_exchange_protocol)).toEqual(changed.map(() => 'SDES'));
  });

  it('whose token is revoked say so, ask with it no more, and are well again with another one', async () => {
    const own = numbers.filter(({ app }) => app === 1);
    world.meta.revokeToken(tokenOf(1));
    await syncAll(own);
    const state = async (reason: string): Promise<number> =>
      (await all()).filter((number) => reasonOf(number, 'CredentialsValid') === reason).length;
    await waitFor('all to say so', async () => (await state('TokenRefused')) === own.length, { everyMs: 1000 });
    expect((await all()).every((number) => is(number, 'Programmed'))).toBe(true);
    world.meta.graph.resetCounts();
    const call = await place(world, own[0] ?? SALES);
    await hears(call, PBXS.beta, 3);
    await hangUp(call);
    expect(world.meta.graph.counts().byApp[appOf(1)] ?? 0).toBe(0);
    addToken(world, 1, 2);
    await apply(world.cluster, [secretManifest('app-1', { token: tokenOf(1, 2) })], NAMESPACE);
    await everyNumber('all to be Ready again', (number) => is(number, 'Ready'));
  });

  it('keep their place on the proxies and lose no call while Meta’s Graph is away', async () => {
    await world.meta.graph.stop();
    const end = performance.now() + OUTAGE_S * 1000;
    await syncAll(numbers.slice(0, 100));
    let calls = 0;
    try {
      while (performance.now() < end) {
        const batch = await Promise.all([0, 1, 2, 3, 4].map(() => world.meta.call({ to: numbers[(calls += 1) % COUNT]?.phoneNumber ?? '', tone: USER_TONE })));
        expect(batch.map(({ result }) => result?.kind)).toEqual(batch.map(() => 'answered'));
        await Promise.all(batch.map((each) => hears(each, PBXS.beta, 2)));
        await Promise.all(batch.map(hangUp));
        expect((await all()).filter((number) => !is(number, 'Programmed'))).toEqual([]);
      }
    } finally {
      await world.meta.graph.start();
    }
    console.log(`${calls} calls while Meta's Graph was away`);
    await everyNumber('all to be Ready again', (number) => is(number, 'Ready'), 420_000);
  }, 900_000);
}, Math.max(600_000, COUNT * 600));
