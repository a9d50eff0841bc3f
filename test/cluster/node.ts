// SPDX-License-Identifier: Apache-2.0
// A node: containerd, kubelet and kube-proxy with their files.
//
// They run in a mount namespace of their own, in which the machine's fixed folders of a Kubernetes node
// are folders of the cluster. So nothing of the machine's is touched, and all mounts and the pods'
// network namespaces vanish with the last process, however it ends.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterCIDR, nodeAddress, type NodePlace } from './addresses.ts';
import { cniConfigFolder, containerdEndpoint, writeContainerdFiles } from './containerd.ts';
import { podsCgroup } from './processes.ts';
import { workDir } from './state.ts';

const kubeletConfig = ({ suffix }: NodePlace): string => join(workDir, `kubelet${suffix}.yaml`);
const folderOf = ({ suffix }: NodePlace): string => join(workDir, `node${suffix}`);
const ownFolders = ['/run/netns', '/var/lib/cni', '/var/lib/kubelet', '/var/log/containers', '/var/log/pods'];

/** Holds the node's mount namespace open. */
export function mountNamespaceCommand(node: NodePlace): string[] {
  const mounts = ownFolders.map((path) => {
    const own = join(folderOf(node), path);
    return `mkdir -p ${path} ${own}; mount --bind ${own} ${path}`;
  });
  // Written when all is in place: what runs in the namespace waits for this file.
  const script = ['set -e', ...mounts, `touch ${mountsReady(node)}`, 'exec sleep infinity'].join('\n');
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script];
}

export const mountsReady = (node: NodePlace): string => join(folderOf(node), 'mounted');

export function kubeletCommand(node: NodePlace, binary: string, kubeconfig: string): string[] {
  return [
    binary,
    `--config=${kubeletConfig(node)}`,
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${node.name}`,
    `--node-ip=${node.address}`,
  ];
}

export function kubeProxyCommand(node: NodePlace, binary: string, kubeconfig: string): string[] {
  return [
    binary,
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${node.name}`,
    '--proxy-mode=nftables',
    `--cluster-cidr=${clusterCIDR}`,
    // These are set for the whole machine, which is not ours.
    '--conntrack-max-per-core=0',
    '--conntrack-tcp-timeout-established=0',
    '--conntrack-tcp-timeout-close-wait=0',
  ];
}

export async function writeNodeFiles(node: NodePlace, pki: string, sandboxImage: string): Promise<void> {
  await writeContainerdFiles(node, sandboxImage);
  await mkdir(cniConfigFolder(node), { recursive: true });
  await writeFile(join(cniConfigFolder(node), '10-trunkline.conflist'), JSON.stringify(cniNetwork(node), null, 2));
  await writeFile(kubeletConfig(node), JSON.stringify(kubeletConfiguration(node, pki), null, 2));
}

const cniNetwork = ({ podCIDR }: NodePlace) => ({
  cniVersion: '1.0.0',
  name: 'trunkline',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isDefaultGateway: true,
      hairpinMode: true,
      ipam: { type: 'host-local', ranges: [[{ subnet: podCIDR }]] },
    },
    { type: 'portmap', capabilities: { portMappings: true }, snat: false },
  ],
});

function kubeletConfiguration(node: NodePlace, pki: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    containerRuntimeEndpoint: containerdEndpoint(node),
    cgroupDriver: 'cgroupfs',
    cgroupRoot: podsCgroup(node),
    // From 1.35 the kubelet refuses a machine with cgroup version 1 otherwise.
    failCgroupV1: false,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    evictionHard: {},
    // Images come from archives: one that was removed would be gone.
    imageGCHighThresholdPercent: 100,
    imageMinimumGCAge: '24h',
    authentication: { anonymous: { enabled: false }, x509: { clientCAFile: join(pki, 'ca.crt') } },
    tlsCertFile: join(pki, `kubelet${node.suffix}.crt`),
    tlsPrivateKeyFile: join(pki, `kubelet${node.suffix}.key`),
    clusterDNS: [nodeAddress],
    clusterDomain: 'cluster.local',
    resolvConf: '',
  };
}
