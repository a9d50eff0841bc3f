// SPDX-License-Identifier: Apache-2.0
import type { PodSettings } from '../api/podsettings.ts';

/** What a pod's spec says of the nodes that it may run on, spread among the pods with these labels. */
export const placement = (
  { nodeSelector, tolerations, topologySpreadConstraints, priorityClassName }: PodSettings,
  matchLabels: Readonly<Record<string, string>>,
) => ({
  ...(nodeSelector ? { nodeSelector } : {}),
  ...(tolerations ? { tolerations } : {}),
  ...(priorityClassName ? { priorityClassName } : {}),
  topologySpreadConstraints: topologySpreadConstraints.map((each) => ({ ...each, labelSelector: { matchLabels } })),
});
