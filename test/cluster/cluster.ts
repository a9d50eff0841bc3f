// SPDX-License-Identifier: Apache-2.0
// The test cluster, for tests, `npm start` and `npm run cluster`.
import { firstNode, nodeAddress } from './addresses.ts';
import { allBinaries } from './binaries.ts';
import { boot, waitForApiServer } from './boot.ts';
import { createIssuer } from './certmanager.ts';
import { removeCluster } from './cleanup.ts';
import { type Clients, clientsFor } from './clients.ts';
import { waitForContainerd } from './containerd.ts';
import { currentCluster, isCurrent } from './currentcluster.ts';
import { type Component, componentNames, killComponent, startComponent } from './components.ts';
import { loadImage, pauseImage } from './images.ts';
import { lockCluster } from './lock.ts';
import { inNetns, worldNetns } from './netns.ts';
import { installPackages } from './packages.ts';
import { findProcess } from './processes.ts';
import { joinSecondNode } from './secondnode.ts';
import { adminKubeconfig, logsDir, readState, sameState, type State, workDir, writeState } from './state.ts';
import { step } from './steps.ts';
import { unsupported } from './supported.ts';

export type { Component } from './components.ts';

export interface Cluster extends Clients {
  readonly kubeconfig: string;
  /** Absent for a cluster that was not made here. */
  readonly made?: MadeCluster;
  /** Hands an image built by buildImage to the first node. */
  loadImage(reference: string): Promise<void>;
  /** Sends a signal to a component; returns when it has ended, but for SIGSTOP and SIGCONT. */
  kill(component: Component, signal: NodeJS.Signals): Promise<void>;
  /** Starts a component that was killed; for kube-apiserver and containerd, waits until it answers. */
  start(component: Component): Promise<void>;
  /** Makes the ClusterIssuer `trunkline-test-ca`, and gives its root certificate as PEM. */
  issuer(): Promise<string>;
}

export interface MadeCluster {
  readonly workDir: string;
  /** Folder with one log per component. */
  readonly logs: string;
  /** Path of the world's network namespace. */
  readonly world: string;
  /** Knows the cluster's names and the world's. */
  readonly dnsServer: string;
  /** Adds the node `trunkline-2`, which runs pods of these images and nothing else. */
  joinSecondNode(images: readonly string[]): Promise<void>;
}

/**
 * Brings the machine's cluster up and holds it for this process until `down` or the process's end; it
 * goes on running after that. Whatever an earlier run left is removed first; with `reuse`, a healthy
 * cluster of the same versions is taken as it is.
 * Throws where the machine cannot run it (see unsupported) or another process holds it.
 *
 * With TRUNKLINE_CLUSTER=current nothing is made: see currentCluster.
 */
export async function up({ reuse = false } = {}): Promise<Cluster> {
  if (isCurrent()) return currentCluster();
  const reason = unsupported();
  if (reason !== undefined) throw new Error(reason);
  await hold();
  await installPackages();
  const binaries = await allBinaries();
  const state: State = { binaries, sandboxImage: await pauseImage(binaries.pause) };
  if (reuse && (await isHealthy(state))) return clusterOf(state);
  await step('clean slate', removeCluster);
  await boot(state);
  await writeState(state);
  return clusterOf(state);
}

/** Removes the machine's cluster with all its traces. */
export async function down(): Promise<void> {
  if (isCurrent()) return;
  await hold();
  await step('cluster: remove', removeCluster);
  await release?.();
  release = undefined;
}

/** The cluster that another process (mostly the one that started this) has brought up. */
export async function attach(): Promise<Cluster> {
  if (isCurrent()) return currentCluster();
  const state = await readState();
  if (state === undefined) throw new Error('The cluster is not up: run `npm run cluster -- up` first.');
  return clusterOf(state);
}

let release: (() => Promise<void>) | undefined;

async function hold(): Promise<void> {
  release ??= await lockCluster();
}

function clusterOf(state: State): Cluster {
  const kubeconfig = adminKubeconfig;
  const clients = clientsFor({ folder: state.binaries.clients, kubeconfig, prefix: inNetns(worldNetns) });
  return {
    ...clients,
    kubeconfig,
    made: { workDir, logs: logsDir, world: worldNetns, dnsServer: nodeAddress, joinSecondNode: (images) => joinSecondNode(state, clients.kubectl, images) },
    loadImage: (reference) => loadImage(firstNode, reference),
    kill: killComponent,
    start: async (component) => {
      await startComponent(component, state);
      if (component === 'containerd') await waitForContainerd(firstNode);
      if (component === 'kube-apiserver') await waitForApiServer(clients.kubectl);
    },
    issuer: () => createIssuer(clients.kubectl),
  };
}

async function isHealthy(wanted: State): Promise<boolean> {
  const state = await readState();
  if (state === undefined || !sameState(state, wanted)) return false;
  if (componentNames.some((name) => findProcess(name) === undefined)) return false;
  try {
    const { kubectl } = clusterOf(state);
    await kubectl(['wait', '--for=condition=Ready', '--timeout=1s', 'nodes', '--all']);
    return true;
  } catch {
    return false;
  }
}
