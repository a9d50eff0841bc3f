// SPDX-License-Identifier: Apache-2.0
// The command line in the operator's own image, asked from outside as a user would.
import { beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { numberManifest } from './manifests.ts';
import { known, writesTo } from './numbers.ts';
import { NAMESPACE, SALES, theWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

/** What it prints, with its exit code as the last line. */
const plan = (file: string): Promise<string> =>
  world.cluster.kubectl(
    ['-n', NAMESPACE, 'exec', '-i', 'deploy/trunkline-operator', '--', 'sh', '-c', `node /app/trunkline.js plan -n ${NAMESPACE} -f -; echo "exit code $?"`],
    file,
  );

it('plan shows what a file would change at Meta, with Secrets and gateway from the cluster, and changes nothing', async () => {
  const number = known(world, 'planned');
  const text = await plan([numberManifest(number), numberManifest(SALES)].map((object) => stringify(object)).join('---\n'));
  expect(text).toContain('  ~ srtp_key_exchange_protocol  DTLS -> SDES');
  expect(text).toMatch(/WhatsAppNumber "sales" \(\+15550001111\)\n {2}= Meta has it as declared/);
  expect(text).toContain('exit code 2');
  expect(writesTo(world, number)).toEqual([]);
});
