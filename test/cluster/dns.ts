// SPDX-License-Identifier: Apache-2.0
// The cluster's DNS: its own names from the API server, and the world's names from a file.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { metaAddress, metaNames, nodeAddress } from './addresses.ts';
import { hostsFile, workDir } from './state.ts';

const corefile = join(workDir, 'dns', 'Corefile');
/** A root without any name in it: what no one knows does not exist. */
const rootZone = join(workDir, 'dns', 'root.zone');

export function corednsCommand(binary: string): string[] {
  return [binary, '-conf', corefile];
}

export async function writeDNSFiles(kubeconfig: string): Promise<void> {
  await mkdir(dirname(corefile), { recursive: true });
  await writeHosts([]);
  await writeFile(rootZone, '. 1 IN SOA ns. admin. 1 60 60 60 1\n. 1 IN NS ns.\n');
  // Every question gets an answer at once, reverse look-ups too: some SIP servers wait for theirs before
  // they open a port.
  await writeFile(
    corefile,
    `cluster.local in-addr.arpa ip6.arpa {
  bind ${nodeAddress}
  errors
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    kubeconfig ${kubeconfig}
    ttl 1
  }
}
. {
  bind ${nodeAddress}
  errors
  hosts ${hostsFile} {
    ttl 1
    reload 200ms
    fallthrough
  }
  file ${rootZone} .
}
`,
  );
}

export interface Host {
  address: string;
  names: readonly string[];
}

/** Replaces the world's names: Meta's, and those given. The DNS server notices within 200 ms. */
export async function writeHosts(hosts: readonly Host[]): Promise<void> {
  const all = [{ address: metaAddress, names: metaNames }, ...hosts];
  await writeFile(`${hostsFile}.tmp`, all.map(({ address, names }) => `${address} ${names.join(' ')}\n`).join(''));
  await rename(`${hostsFile}.tmp`, hostsFile);
}
