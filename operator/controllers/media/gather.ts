// SPDX-License-Identifier: Apache-2.0
// What is known of a gateway's media pods: by their objects, and by what the proxies say of them. Pure but for the questions.
import { relayReport, type RelayReport } from '../../../media/agent/status.ts';
import { DRAIN, PORTS, REMOVED, TAKEN_IN, TEMPLATE_ANNOTATION } from '../../resources/names.ts';
import { DRAIN_REASONS, type Drain, type DrainReason, type MediaPod } from '../../scaling/pod.ts';
import { ask } from '../shared/ask.ts';
import { isAlive, isComponent, isReady, isTrue, type Pod } from '../shared/observed.ts';

/** What a proxy says of relays, by their names; undefined where it does not answer. */
export type Report = RelayReport | undefined;

/** Asks every proxy that may still give out calls: also one that is on its way out, whose connections Meta goes on using. */
export function askProxies(pods: readonly Pod[], signal: AbortSignal): Promise<Report[]> {
  const proxies = pods.filter((pod) => isComponent(pod, 'proxy') && isAlive(pod) && hasBegun(pod));
  return Promise.all(
    proxies.map(async (pod) => {
      try {
        return relayReport.parse(JSON.parse((await ask(pod, PORTS.agent, '/relays', signal)) ?? ''));
      } catch {
        return undefined;
      }
    }),
  );
}

/** Whether a proxy's engine may run: its agent lets it start only once it has all that it needs. */
const hasBegun = ({ status: { conditions, containerStatuses } }: Pod): boolean =>
  isTrue(conditions, 'Initialized') || containerStatuses.some(({ state, restartCount }) => state.running !== undefined || restartCount > 0);

export interface Facts {
  templateHash: string;
  reports: readonly Report[];
  /** Whether some proxy could give it a call within the last moments; see offers.ts. */
  wasOffered: (pod: string) => boolean;
  /** Whether somebody is about to empty a node, by its name. */
  isCordoned: (node: string) => boolean;
  /** Milliseconds of the epoch. */
  now: number;
}

export function toMediaPod(pod: Pod, { templateHash, reports, wasOffered, isCordoned, now }: Facts): MediaPod {
  const { name, creationTimestamp, annotations } = pod.metadata;
  const { nodeName } = pod.spec;
  const createdAt = Date.parse(creationTimestamp);
  // The proxies have been told to forget it, so they say nothing of it any more.
  const isRemoved = annotations[REMOVED] !== undefined;
  const isTakenIn = annotations[TAKEN_IN] === 'true';
  return {
    name,
    createdAt,
    isCurrent: annotations[TEMPLATE_ANNOTATION] === templateHash,
    isTakenIn,
    isCordoned: nodeName !== undefined && isCordoned(nodeName),
    health: healthOf(pod, isTakenIn, now),
    drain: drainOf(annotations),
    isOffered: !isRemoved && wasOffered(name),
    load: isRemoved ? { calls: 0, units: 0 } : loadOf(name, reports),
  };
}

/** So long after its creation a pod that has never been of use is made anew, maybe elsewhere. */
const STUCK_MS = 300_000;

/** Meta gives up calls that are silent for some thirty seconds. */
const SILENT_MS = 30_000;

/** What every proxy has taken in was ready once, and may have calls. */
function healthOf(pod: Pod, isTakenIn: boolean, now: number): MediaPod['health'] {
  if (pod.metadata.deletionTimestamp) return 'leaving';
  if (!isAlive(pod)) return 'ended';
  if (isReady(pod)) return 'ready';
  if (!isTakenIn) return now - Date.parse(pod.metadata.creationTimestamp) <= STUCK_MS ? 'starting' : 'ended';
  // Its calls wait for it in its store, while Kubernetes lets ten seconds pass before it starts it again, then twenty, and so on.
  const down = pod.status.containerStatuses.find(({ state }) => state.waiting?.reason === 'CrashLoopBackOff')?.lastState.terminated;
  return down && now - Date.parse(down.finishedAt) > SILENT_MS ? 'ended' : 'unready';
}

function drainOf(annotations: Readonly<Record<string, string>>): Drain | undefined {
  const since = Date.parse(annotations[DRAIN.since] ?? '');
  const reason = annotations[DRAIN.reason] ?? '';
  return Number.isNaN(since) ? undefined : { since, reason: isReason(reason) ? reason : 'Outdated' };
}

const isReason = (text: string): text is DrainReason => Object.hasOwn(DRAIN_REASONS, text);

/** By the proxy that knows of most: a younger one may not have asked yet. */
function loadOf(name: string, reports: readonly Report[]): MediaPod['load'] {
  const told = reports.flatMap((each) => each?.[name]?.load ?? []);
  return told.length === 0 ? undefined : told.reduce((most, load) => (load.units > most.units ? load : most));
}

/**
 * Pods that may be given calls from now on, since every proxy could find them; where there are no proxies yet, those that come know
 * them from their start. Where no pod takes any, all that are ready: one that some proxy does not know is better than none.
 */
export function toTakeIn(pods: readonly MediaPod[], reports: readonly Report[]): MediaPod[] {
  const ready = pods.filter(({ health }) => health === 'ready');
  const isNeeded = !ready.some(({ isTakenIn }) => isTakenIn);
  return ready.filter(({ name, isTakenIn }) => !isTakenIn && (isNeeded || reports.every((each) => each?.[name]?.isKnown === true)));
}
