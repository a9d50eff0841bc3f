// SPDX-License-Identifier: Apache-2.0
// baresip as a company's PBX: objects for the cluster, and what it says it heard.
import type { ServerIdentity } from '../meta/pki.ts';
import { buildOnePod, USER } from './onepod.ts';
import type { Cluster } from '../cluster/cluster.ts';

export interface PbxOptions {
  namespace: string;
  name: string;
  image: string;
  /** Pitch of the tone that it plays, in Hz. */
  tone: number;
  /** Codecs in its answer, as baresip names them. */
  codecs: readonly string[];
  /** User that it answers for. */
  user?: string;
  /** Whether it puts other calls on hold when one comes in, as a desk telephone does. */
  holds?: boolean;
  /** Whether it answers; else it only rings. */
  answers?: boolean;
  /** With one it takes calls by TLS too, on port 5061. */
  identity?: ServerIdentity;
  /** Whether it takes calls with ICE and keys by DTLS alone. */
  dtls?: boolean;
}

/** The PBX as objects. */
export function buildPbx({ namespace, name, image, tone, codecs, user = 'desk', holds = false, answers = true, identity, dtls = false }: PbxOptions): object[] {
  const files = {
    config: configText(tone, holds) + (dtls ? 'module dtls_srtp.so\nmodule ice.so\n' : '') + (identity ? 'sip_certificate /etc/baresip/tls.pem\n' : ''),
    ...(identity ? { 'tls.pem': `${identity.cert}\n${identity.key}\n` } : {}),
    // Without a registration baresip takes only calls to its own address, not to its name: so it is given a registrar,
    // on a port where nobody is.
    accounts: `<sip:${user}@127.0.0.1:9>;regint=3600;answermode=${answers ? 'auto' : 'manual'};audio_codecs=${codecs.join(',')}${dtls ? ';mediaenc=dtls_srtp;medianat=ice;rtcp_mux=yes' : ''}\n`,
  };
  return buildOnePod({ namespace, name, files, podSpec: podSpec(name, image), protocol: 'UDP' });
}

function podSpec(name: string, image: string): object {
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 1,
    securityContext: { runAsNonRoot: true, runAsUser: USER, fsGroup: USER, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'baresip',
        image,
        securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
        readinessProbe: { tcpSocket: { port: 5060 }, periodSeconds: 1 },
        volumeMounts: [
          { name: 'config', mountPath: '/etc/baresip' },
          { name: 'recordings', mountPath: '/run/pbx' },
        ],
      },
    ],
    volumes: [
      { name: 'config', configMap: { name } },
      { name: 'recordings', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
    ],
  };
}

const configText = (tone: number, holds: boolean): string => `
poll_method epoll
sip_listen 0.0.0.0:5060
call_local_timeout 120
call_max_calls 100
call_hold_other_calls ${holds ? 'yes' : 'no'}
statmode_default off
audio_source ausine,${tone}
audio_player aubridge,sink
audio_alert aubridge,sink
ausrc_srate 48000
audio_buffer 20-160
rtp_ports 10000-12000
jitter_buffer_type fixed
jitter_buffer_delay 5-10
rtp_stats yes
module_path /usr/lib/baresip/modules
module g711.so
module opus.so
module ausine.so
module aubridge.so
module sndfile.so
module_tmp account.so
module_app menu.so
snd_path /run/pbx
`;

/** One call's audio as the PBX counts it. */
export interface PbxCall {
  sent: number;
  received: number;
  errors: number;
}

export interface PbxLog {
  /** Codec of each call, in the order in which they began. */
  codecs: string[];
  /** The calls that have ended, in that order. */
  calls: PbxCall[];
}

/** What the PBX says in its own log. */
export async function readPbx(cluster: Cluster, { namespace, name }: { namespace: string; name: string }): Promise<PbxLog> {
  const log = await cluster.kubectl(['-n', namespace, 'logs', `deployment/${name}`, '--tail=-1']);
  const ends = log.matchAll(/packets:\s+(\d+)\s+(\d+)\s*\n.*\nerrors:\s+(\d+)\s+(\d+)/g);
  const calls = [...ends].map(([, sent, received, txErrors, rxErrors]) => ({
    sent: Number(sent),
    received: Number(received),
    errors: Number(txErrors) + Number(rxErrors),
  }));
  const codecs = [...log.matchAll(/Set audio encoder: (\S+)/g)].map(([, codec = '']) => codec);
  return { codecs, calls };
}
