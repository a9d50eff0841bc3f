// SPDX-License-Identifier: Apache-2.0
import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseManifests, UsageError } from '../../../cli/manifests.ts';
import { Objects } from '../../../cli/objects.ts';
import { planNumber, type NumberPlan } from '../../../cli/plan.ts';
import { asJson, asText, exitCode } from '../../../cli/print.ts';
import { Budget } from '../../../operator/meta/budget.ts';
import { GraphClient } from '../../../operator/meta/graph.ts';
import { startGraph, token, type Graph } from '../meta-simulator/graph-https.ts';

const id = '106540352242922';
const account = '102290129340398';

const FILE = `
apiVersion: v1
kind: Secret
metadata: { name: meta }
stringData: { token: ${token} }
---
apiVersion: trunkline.dev/v1alpha1
kind: SipGateway
metadata: { name: default }
spec: { hostname: sip.example.com, certificate: { issuerRef: { name: ca } } }
---
apiVersion: trunkline.dev/v1alpha1
kind: WhatsAppNumber
metadata: { name: reception }
spec:
  phoneNumber: "+15550009911"
  phoneNumberID: "${id}"
  businessAccountID: "${account}"
  accessTokenRef: { name: meta, key: token }
  calling: { callbackPermission: Enabled }
`;

let meta: Graph;
let graph: GraphClient;
let dispatcher: Agent;

beforeEach(async () => {
  meta = await startGraph();
  meta.meta.addNumber({ phoneNumberID: id, phoneNumber: '+15550009911', businessAccountID: account });
  dispatcher = new Agent({ connect: { ca: meta.meta.caPem, servername: 'graph.facebook.com' } });
  graph = new GraphClient({ budget: new Budget(() => 0), url: `https://127.0.0.1:${meta.meta.graph.port}/v25.0`, dispatcher });
});

afterEach(async () => {
  await graph.close();
  await meta.close();
});

const noCluster = (): Promise<never> => Promise.reject(new UsageError('the files lack something, and no cluster can be asked: none'));

async function plansOf(content: string): Promise<NumberPlan[]> {
  const objects = new Objects(parseManifests('FILE', content), 'voice', noCluster);
  const options = { objects, graph, now: new Date('2026-06-01T00:00:00Z'), signal: new AbortController().signal };
  return Promise.all(objects.numbers().map((number) => planNumber(number, options)));
}

describe('a plan', () => {
  it('names every setting that would change, from what to what, and changes nothing', async () => {
    const plans = await plansOf(FILE);
    expect(plans[0]?.differences.map(({ field, found, wanted }) => `${field} ${found} -> ${wanted}`)).toEqual([
      'status DISABLED -> ENABLED',
      'sip.status DISABLED -> ENABLED',
      'sip.servers none of this app -> sip.example.com:5061',
      'srtp_key_exchange_protocol DTLS -> SDES',
      'callback_permission_status not set -> ENABLED',
    ]);
    expect(exitCode(plans)).toBe(2);
    expect(meta.meta.graph.requests.map(({ method }) => method).every((method) => method === 'GET')).toBe(true);
    expect(asText(plans)).toContain('  ~ srtp_key_exchange_protocol  DTLS -> SDES');
    expect(asText(plans)).toContain('1 number: 1 would change at Meta');
  });

  it('is empty where Meta has it as declared', async () => {
    meta.meta.changeSettings(
      id,
      { status: 'ENABLED', callback_permission_status: 'ENABLED', srtp_key_exchange_protocol: 'SDES', sip: { status: 'ENABLED', servers: [{ hostname: 'sip.example.com', port: 5061 }] } },
      { appId: '7001' },
    );
    const plans = await plansOf(FILE);
    expect(plans[0]?.differences).toEqual([]);
    expect(exitCode(plans)).toBe(0);
    expect(asText(plans)).toContain('  = Meta has it as declared');
  });

  it('says what stays: servers of other apps, and everything in Observe', async () => {
    meta.meta.addForeignServer(id, { appId: '99', hostname: 'other.example.net' });
    const plans = await plansOf(`${FILE}  management: Observe\n`);
    expect(plans[0]?.notes).toEqual(['server other.example.net:5061 of app 99 stays as it is', 'nothing would be written, as spec.management is Observe']);
  });

  it.each([
    ['a token that Meta does not accept', FILE.replace(`token: ${token}`, 'token: EXPIRED'), 'code 190). Put a valid system user token into the Secret'],
    ['a key that the Secret lacks', FILE.replace('key: token', 'key: tokn'), 'Secret "meta" has no key "tokn"'],
    ['another number’s id', FILE.replace('+15550009911', '+15550002222'), 'correct spec.phoneNumber or spec.phoneNumberID'],
    ['a gateway that is nowhere', FILE.replace('name: default', 'name: other'), 'no cluster can be asked'],
  ])('cannot be made with %s, and says why', async (_, content, words) => {
    const plans = await plansOf(content);
    const text = asText(plans);
    expect(exitCode(plans)).toBe(1);
    expect(text).toContain(words);
    expect(text).not.toContain(token);
  });

  it('is JSON for programs, without secrets', async () => {
    const json = asJson(await plansOf(FILE));
    expect(JSON.parse(json)).toMatchObject({ numbers: [{ name: 'reception', differences: [{ field: 'status', found: 'DISABLED', wanted: 'ENABLED' }, {}, {}, {}, {}] }] });
    expect(json).not.toContain(token);
  });
});

describe('files', () => {
  it.each([
    ['no YAML', 'a: [', 'FILE, document 1, is no YAML'],
    ['no object', 'a: 1', 'FILE, document 1, is no Kubernetes object'],
  ])('with %s are refused with a sentence', (_, content, words) => {
    expect(() => parseManifests('FILE', content)).toThrow(words);
  });

  it('may hold lists and empty documents', () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } }] };
    expect(parseManifests('FILE', `---\n---\n${JSON.stringify(list)}`).map(({ kind }) => kind)).toEqual(['Secret']);
  });

  it('with a number that breaks a rule say which', () => {
    const wrong = parseManifests('FILE', FILE.replace('"+15550009911"', '"0555"'));
    expect(() => new Objects(wrong, 'voice', noCluster).numbers()).toThrow('WhatsAppNumber "reception": spec.phoneNumber: phoneNumber must be E.164');
  });
});
