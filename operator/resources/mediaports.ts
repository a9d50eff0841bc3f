// SPDX-License-Identifier: Apache-2.0
// Which ports a media pod uses. On the network of its node it shares the address with others, so each has a slot.
import { portsFor, type SipGateway } from '../api/sipgateway.ts';
import { AUDIO_ANNOTATION, PORTS, SLOT_ANNOTATION } from './names.ts';

/** The first and the last. */
export interface PortRange {
  from: number;
  to: number;
}

/** Its own range is for audio. */
export interface MediaPorts extends PortRange {
  control: number;
  http: number;
  store: number;
}

/** Between the slots' ports that are not for audio. */
const STRIDE = 10;

const isShared = ({ spec: { media } }: SipGateway): boolean => media.exposure === 'HostNetwork';

/** How many media pods may be on one node. */
export function slotsOf(gateway: SipGateway): number {
  const { ports: { from, to }, callsPerPod, maxPods } = gateway.spec.media;
  return isShared(gateway) ? Math.min(Math.floor((to - from + 1) / portsFor(callsPerPod)), 2 * maxPods) : 1;
}

/** The slot that fewest pods have: two in the same one cannot be on one node. */
export function freeSlot(gateway: SipGateway, taken: readonly number[]): number {
  const slots = Array.from({ length: slotsOf(gateway) }, (_, slot) => ({ slot, pods: taken.filter((each) => each === slot).length }));
  return slots.toSorted((a, b) => a.pods - b.pods || a.slot - b.slot)[0]?.slot ?? 0;
}

interface Annotated {
  metadata: { annotations: Readonly<Record<string, string>> };
}

/** The slot of a pod. */
export const slotOf = ({ metadata: { annotations } }: Annotated): number => Number(annotations[SLOT_ANNOTATION] ?? 0);

export const rangeText = ({ from, to }: PortRange): string => `${from}-${to}`;

/** The ports for audio of a pod, whatever the spec says by now; undefined where it does not tell. */
export function audioOf({ metadata: { annotations } }: Annotated): PortRange | undefined {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(annotations[AUDIO_ANNOTATION] ?? '') ?? [];
  return from === undefined || to === undefined ? undefined : { from: Number(from), to: Number(to) };
}

export function portsOf(gateway: SipGateway, slot: number): MediaPorts {
  const { exposure, ports: { from, to }, callsPerPod } = gateway.spec.media;
  const [size, shift] = [portsFor(callsPerPod), STRIDE * slot];
  const isPart = exposure !== 'Pod';
  const audio = isPart ? { from: from + slot * size, to: from + (slot + 1) * size - 1 } : { from, to };
  return { ...audio, control: PORTS.mediaControl + shift, http: PORTS.mediaHttp + shift, store: PORTS.mediaStore + shift };
}
