// SPDX-License-Identifier: Apache-2.0
import type { Direction, Facts } from './facts.ts';

/** The facts as a table for people. */
export function formatFacts(facts: Facts): string {
  const { certificate, settings, proxies, calls, ok } = facts;
  const rows: [string, string][] = [
    ['certificate', `${certificate.name}, issued by ${certificate.issuer}`],
    ['', `serial ${certificate.serial}, valid until ${certificate.notAfter}`],
    ...Object.entries(settings).map(([name, value], i): [string, string] => [i === 0 ? 'set at Meta' : '', `${name} = ${value}`]),
    ...proxies.map(({ name, version }): [string, string] => ['proxy', `${name} serves configuration ${version}`]),
  ];
  for (const call of calls) {
    rows.push(
      ['call', call.id],
      ['', `answered after ${call.setupMs} ms; ${call.codecs.meta} at Meta, ${call.codecs.pbx} at the PBX`],
      ['', `the user heard the PBX: ${direction(call.userHears)}`],
      ['', `the PBX heard the user: ${direction(call.pbxHears)}`],
      ['', `${call.undecryptable} packets could not be decrypted; the ${call.endedBy} hung up`],
    );
  }
  rows.push(['result', ok ? 'audio went both ways' : 'AUDIO DID NOT GO BOTH WAYS']);
  return rows.map(([label, text]) => `${label.padEnd(12)}  ${text}`).join('\n');
}

const direction = ({ packets, expected, toneHertz, toneShare }: Direction): string =>
  `${packets} of ${expected} packets, ${(toneShare * 100).toFixed(1)} % of the sound is its ${toneHertz} Hz tone`;

/** Where to look next while it runs. */
export const formatHints = (namespace: string, logs: string): string =>
  `It goes on running. Look around from another terminal:

  npm run cluster -- shell                          a shell with kubectl and helm
  kubectl -n ${namespace} get sgw,wan,srt               what is there
  kubectl -n ${namespace} describe wan reception        what was done for a number
  kubectl -n ${namespace} logs deploy/default-proxy -c kamailio
  kubectl -n ${namespace} logs deploy/trunkline-operator
  ${logs}     logs of the cluster itself

Ctrl-C takes everything down.`;
