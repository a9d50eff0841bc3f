// SPDX-License-Identifier: Apache-2.0
// Two network namespaces without a way out: the node, and the world around it, joined by a veth pair. A second node, where there
// is one, is joined to the first.
// Nothing between them translates addresses, so each side sees the other's true ones.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import {
  firstNode, metaAddress, type NodePlace, secondNode, strangerAddresses, worldGateway, worldNamespace,
} from './addresses.ts';
import { isCurrent } from './currentcluster.ts';
import { run } from './run.ts';

const folder = '/run/netns';
export const netnsOf = ({ namespace }: NodePlace): string => `${folder}/${namespace}`;
export const nodeNetns = netnsOf(firstNode);
export const worldNetns = `${folder}/${worldNamespace}`;

/**
 * The words before a command that make it run in a network namespace. Not `ip netns exec`: that
 * mounts /sys anew, and the cgroups would be gone.
 */
export function inNetns(netns: string): string[] {
  return ['nsenter', `--net=${netns}`, '--'];
}

export async function createNetworks(): Promise<void> {
  const worldAddresses = [metaAddress, ...strangerAddresses];
  await run(['sh', '-e'], {
    input: `
ip netns add ${firstNode.namespace}
ip netns add ${worldNamespace}
ip -n ${firstNode.namespace} link add world type veth peer name node netns ${worldNamespace}
ip -n ${firstNode.namespace} -batch - <<END
link set lo up
addr add ${firstNode.address}/32 dev lo
addr add ${worldGateway}/24 dev world
link set world up
route add default via ${metaAddress}
END
ip -n ${worldNamespace} -batch - <<END
link set lo up
${worldAddresses.map((address) => `addr add ${address}/24 dev node`).join('\n')}
link set node up
route add default via ${worldGateway}
END
${forwarding(firstNode)}
`,
  });
}

/** Passes packets on, whatever way they came. */
const forwarding = (node: NodePlace): string => `nsenter --net=${netnsOf(node)} sh -ec 'cd /proc/sys/net/ipv4; echo 1 > ip_forward
  for f in conf/*/rp_filter; do echo 0 > $f; done'`;

/** The second node's network, beside the first's. */
export async function joinNetworks(): Promise<void> {
  await run(['sh', '-e'], {
    input: `
ip netns add ${secondNode.namespace}
ip -n ${firstNode.namespace} link add second type veth peer name first netns ${secondNode.namespace}
ip -n ${firstNode.namespace} -batch - <<END
link set second up
route add ${secondNode.address}/32 dev second
route add ${secondNode.podCIDR} via ${secondNode.address} dev second onlink
END
ip -n ${secondNode.namespace} -batch - <<END
link set lo up
addr add ${secondNode.address}/32 dev lo
link set first up
route add ${firstNode.address}/32 dev first src ${secondNode.address}
route add default via ${firstNode.address} dev first onlink src ${secondNode.address}
END
${forwarding(firstNode)}
${forwarding(secondNode)}
`,
  });
}

/** Removes all namespaces, also half-made ones; no process of the cluster may be alive any more. */
export async function removeNetworks(): Promise<void> {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if ([firstNode.namespace, secondNode.namespace, worldNamespace].includes(name)) await run(['ip', 'netns', 'delete', name]);
  }
}

/** Whether this process is in the world namespace. */
export function inWorld(): boolean {
  if (!existsSync(worldNetns)) return false;
  return statSync(worldNetns).ino === statSync('/proc/self/ns/net').ino;
}

/**
 * Runs this Node with other arguments inside the world namespace, on our terminal, and gives its exit
 * code. It dies with us; signals sent to us are passed on. `argv` is a script and its arguments.
 */
export async function enterWorld(
  argv: readonly string[] = process.argv.slice(1),
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  return runInWorld([process.execPath, ...process.execArgv, ...argv], env);
}

/** As enterWorld, for any command. */
export async function runInWorld(command: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  if (!isCurrent() && !existsSync(worldNetns)) throw new Error('The cluster is not up: run `npm run cluster -- up` first.');
  // A cluster that was not made here has no world but ours.
  const [program = '', ...args] = [...(isCurrent() ? [] : inNetns(worldNetns)), 'setpriv', '--pdeathsig', 'KILL', '--', ...command];
  const child = spawn(program, args, {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  // Ctrl-C reaches the child by itself (same process group): stay until it has cleaned up.
  const ignore = (): void => {};
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', ignore).on('SIGTERM', pass);
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code) => resolve(code ?? 1));
    });
  } finally {
    process.off('SIGINT', ignore).off('SIGTERM', pass);
  }
}
