// SPDX-License-Identifier: Apache-2.0
// What `npm start` has shown, as data: the table and the JSON file are two views of it.
import { sipGateway } from '../../operator/api/sipgateway.ts';
import { isRecord } from '../../operator/kube/objects.ts';
import type { KubeClient } from '../../operator/kube/client.ts';
import type { NumberState } from '../meta/graph/state.ts';
import type { Call } from '../meta/sip/call.ts';
import type { Ending } from '../meta/sip/outcome.ts';
import type { PbxCall } from '../pbx/pbx.ts';
import { kinds } from '../stage/kube.ts';
import { USER_TONE } from './call.ts';

export interface Direction {
  codec: string;
  packets: number;
  expected: number;
  toneHertz: number;
  toneShare: number;
}

export interface Facts {
  ok: boolean;
  steps: { name: string; seconds: number }[];
  certificate: { name: string; issuer: string; serial: string; notAfter: string };
  settings: Record<string, string>;
  proxies: { name: string; version: string; certificateSerial: string }[];
  calls: {
    id: string;
    setupMs: number;
    codecs: { meta: string; pbx: string };
    userHears: Direction;
    pbxHears: Direction;
    undecryptable: number;
    endedBy: string;
  }[];
}

export interface Evidence {
  client: KubeClient;
  namespace: string;
  settings: NumberState;
  call: Call;
  ending: Ending;
  pbx: { tone: number; codec: string | undefined; call: PbxCall | undefined; heard: readonly number[] };
  steps: Facts['steps'];
}

/** Audio counts as heard from this share of the tone on, and with this share of the packets. */
const ENOUGH = { tone: 0.9, packets: 0.95 };

export async function collectFacts(evidence: Evidence): Promise<Facts> {
  const { client, namespace, settings, call, ending, pbx, steps } = evidence;
  const media = call.media();
  const userHears: Direction = {
    codec: media.codec ?? 'none',
    packets: media.received,
    expected: media.expected,
    toneHertz: pbx.tone,
    toneShare: round(media.toneShare(pbx.tone)),
  };
  const pbxHears: Direction = {
    codec: pbx.codec ?? 'none',
    packets: pbx.call?.received ?? 0,
    expected: media.sent,
    toneHertz: USER_TONE,
    toneShare: round(mean(pbx.heard)),
  };
  const undecryptable = media.undecryptable + media.rtcpUndecryptable;
  const answered = call.result?.kind === 'answered' ? call.result : undefined;
  return {
    ok: answered !== undefined && undecryptable === 0 && isHeard(userHears) && isHeard(pbxHears),
    steps,
    certificate: toCertificate(call),
    settings: toSettings(settings),
    proxies: await proxies(client, namespace),
    calls: [
      {
        id: call.wacid,
        setupMs: Math.round(answered?.setupMs ?? 0),
        codecs: { meta: userHears.codec, pbx: pbxHears.codec },
        userHears,
        pbxHears,
        undecryptable,
        endedBy: ending.by,
      },
    ],
  };
}

const isHeard = ({ packets, expected, toneShare }: Direction): boolean =>
  packets >= expected * ENOUGH.packets && toneShare >= ENOUGH.tone;

/** The certificate that Meta was shown, not the one that ought to be shown. */
function toCertificate({ certificate }: Call): Facts['certificate'] {
  if (!certificate) throw new Error('Meta saw no certificate');
  const { names, issuer, serial, validTo } = certificate;
  return {
    name: names.replace('DNS:', ''),
    issuer: issuer.replace('CN=', ''),
    serial,
    notAfter: new Date(validTo).toISOString(),
  };
}

/** Meta's own record of the number, flattened; passwords stay with Meta. */
function toSettings({ calling, servers }: NumberState): Record<string, string> {
  const flat = Object.entries(flatten({ ...calling }, ''));
  const hosts = servers.map(({ hostname, port }) => `${hostname}:${port}`).join(', ');
  return Object.fromEntries([...flat, ['sip.servers', hosts] as const]);
}

function flatten(node: Record<string, unknown>, prefix: string): Record<string, string> {
  const entries = Object.entries(node).flatMap(([key, value]) => {
    if (value === undefined || value === null) return [];
    if (isRecord(value)) return Object.entries(flatten(value, `${prefix}${key}.`));
    const text = Array.isArray(value) ? value.join(', ') || 'none' : JSON.stringify(value).replaceAll('"', '');
    return [[`${prefix}${key}`, text] as const];
  });
  return Object.fromEntries(entries);
}

async function proxies(client: KubeClient, namespace: string): Promise<Facts['proxies']> {
  const gateway = sipGateway.parse(await client.get(kinds.sgw, { namespace, name: 'default' }));
  const list = gateway.status?.proxies ?? [];
  return list.map(({ name, version = '', certificateSerial = '' }) => ({ name, version, certificateSerial }));
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

const round = (value: number): number => Math.round(value * 1000) / 1000;
