// SPDX-License-Identifier: Apache-2.0
// The part of `npm start` that happens in the world outside the cluster: install, apply, call, tell.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { attach } from '../cluster/cluster.ts';
import { finishedSteps, step } from '../cluster/steps.ts';
import { installTrunkline, createNamespace, apply } from '../stage/install.ts';
import { imagesInWorld } from '../stage/images.ts';
import { clientFor } from '../stage/kube.ts';
import { openMeta } from '../stage/meta.ts';
import { buildPbx, readPbx } from '../pbx/pbx.ts';
import { heardTone } from '../pbx/recording.ts';
import { waitFor } from '../stage/wait.ts';
import { collectFacts } from './facts.ts';
import { narrate } from './narrate.ts';
import { makeCall, USER_TONE } from './call.ts';
import { formatFacts, formatHints } from './table.ts';

const NAMESPACE = 'trunkline';
const example = join(import.meta.dirname, '..', '..', 'examples', 'quickstart.yaml');

const settings = z.object({
  once: z.boolean(),
  json: z.string().optional(),
  steps: z.array(z.object({ name: z.string(), seconds: z.number() })),
});

const numberInExample = z.object({
  kind: z.literal('WhatsAppNumber'),
  spec: z.object({ phoneNumber: z.string(), phoneNumberID: z.string(), businessAccountID: z.string() }),
});

const options = settings.parse(JSON.parse(process.env['TRUNKLINE_QUICKSTART'] ?? '{}'));
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interrupted.abort(new Error('interrupted')));

const images = imagesInWorld();
const cluster = await attach();
const client = await clientFor(cluster);
await step('load images', async () => {
  for (const image of Object.values(images)) await cluster.loadImage(image);
});
const trust = await step('certificate authority', () => cluster.issuer());
const meta = await openMeta(cluster, trust);
const pbx = { namespace: 'pbx', name: 'pbx', image: images.baresip, tone: 1000, codecs: ['pcma', 'pcmu'] };
try {
  await step('PBX (baresip)', async () => {
    await createNamespace(cluster, 'pbx');
    await apply(cluster, buildPbx(pbx));
    await cluster.kubectl(['-n', 'pbx', 'rollout', 'status', 'deployment/pbx', '--timeout=60s']);
  });
  await step('helm install trunkline', async () => {
    await createNamespace(cluster, NAMESPACE);
    await installTrunkline({ cluster, namespace: NAMESPACE, images, extraCA: `${meta.caPem}\n${trust}` });
  });
  const documents = parseAllDocuments(await readFile(example, 'utf8')).map((document): unknown => document.toJS());
  const number = documents.flatMap((document) => numberInExample.safeParse(document).data ?? []).at(0);
  if (!number) throw new Error('the example has no WhatsAppNumber');
  meta.addNumber(number.spec);
  await narrate({ cluster, client, namespace: NAMESPACE, example });
  const call = await makeCall({ meta, to: number.spec.phoneNumber, seconds: 4 });
  const ending = await step('call: the user hangs up', () => call.hangup());
  const { calls, codecs } = await waitFor('the PBX to report the call', async () => {
    const log = await readPbx(cluster, pbx);
    return log.calls.length > 0 && log;
  });
  const facts = await collectFacts({
    client,
    namespace: NAMESPACE,
    settings: meta.number(number.spec.phoneNumberID),
    call,
    ending,
    pbx: { tone: pbx.tone, codec: codecs.at(-1), call: calls.at(-1), heard: await heardTone(cluster, pbx, USER_TONE) },
    steps: [...options.steps, ...finishedSteps()],
  });
  if (options.json) writeFileSync(resolve(options.json), `${JSON.stringify(facts, null, 2)}\n`);
  console.log(`\n${formatFacts(facts)}`);
  process.exitCode = facts.ok ? 0 : 1;
  if (!options.once) {
    console.log(`\n${formatHints(NAMESPACE, cluster.made?.logs ?? '')}`);
    if (!interrupted.signal.aborted) await once(interrupted.signal, 'abort');
  }
} finally {
  await client.close();
  await meta.close();
}
