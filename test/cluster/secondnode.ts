// SPDX-License-Identifier: Apache-2.0
// A second machine for pods, where a test asks for one.
import { secondNode } from './addresses.ts';
import { createUser, kubeletOf, waitForNode } from './boot.ts';
import { createCgroups } from './cgroups.ts';
import type { Clients } from './clients.ts';
import { pki, startNodeComponent, tidyImages } from './components.ts';
import { waitForContainerd } from './containerd.ts';
import { loadImage } from './images.ts';
import { joinNetworks } from './netns.ts';
import { writeNodeFiles } from './node.ts';
import { findProcess } from './processes.ts';
import type { State } from './state.ts';
import { step } from './steps.ts';

/** Joins the second node to the cluster, and hands it some images; one that is there is left as it is. */
export async function joinSecondNode(state: State, kubectl: Clients['kubectl'], images: readonly string[]): Promise<void> {
  if (findProcess(`kubelet${secondNode.suffix}`) === undefined) {
    await step('second node', async () => {
      await Promise.all([
        joinNetworks(),
        createCgroups(secondNode),
        createUser(`kubelet${secondNode.suffix}`, kubeletOf(secondNode)),
        writeNodeFiles(secondNode, pki, state.sandboxImage),
      ]);
      await startNodeComponent(secondNode, 'mounts', state);
      await tidyImages(secondNode);
      for (const part of ['containerd', 'kubelet', 'kube-proxy'] as const) await startNodeComponent(secondNode, part, state);
      await waitForContainerd(secondNode);
      await loadImage(secondNode, state.sandboxImage);
      await waitForNode(kubectl, secondNode);
    });
  }
  for (const image of images) await loadImage(secondNode, image);
}
