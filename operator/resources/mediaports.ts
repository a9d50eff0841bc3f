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

/** A media pod on the network of its node, of whatever gateway. */
export interface Neighbour {
  slot: number;
  audio: PortRange;
}

/**
 * The slot that fewest of the others have; undefined where none is free. Two in the same slot Kubernetes keeps apart, by the ports that
 * they declare. Those for audio it does not see: a slot is not free where others have some of them.
 */
export function freeSlot(gateway: SipGateway, others: readonly Neighbour[]): number | undefined {
  if (!isShared(gateway)) return 0;
  const slots = Array.from({ length: slotsOf(gateway) }, (_, slot) => ({ slot, ports: portsOf(gateway, slot), pods: others.filter((each) => each.slot === slot).length }));
  const free = slots.filter(({ slot, ports }) => others.every((each) => each.slot === slot || !overlap(each.audio, ports)));
  return free.toSorted((a, b) => a.pods - b.pods || a.slot - b.slot)[0]?.slot;
}

export const sizeOf = ({ from, to }: PortRange): number => to - from + 1;

const overlap = (a: PortRange, b: PortRange): boolean => a.from <= b.to && b.from <= a.to;

interface Annotated {
  metadata: { annotations: Readonly<Record<string, string>> };
}

/** The slot of a pod. */
export const slotOf = ({ metadata: { annotations } }: Annotated): number => Number(annotations[SLOT_ANNOTATION] ?? 0);

export const rangeText = ({ from, to }: PortRange): string => `${from}-${to}`;

/** Of pods that were made before they told. */
const UNTOLD: PortRange = { from: 30_000, to: 39_999 };

/** The ports for audio of a pod, whatever the spec says by now. */
export function audioOf({ metadata: { annotations } }: Annotated): PortRange {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(annotations[AUDIO_ANNOTATION] ?? '') ?? [];
  return from === undefined || to === undefined ? UNTOLD : { from: Number(from), to: Number(to) };
}

export function portsOf(gateway: SipGateway, slot: number): MediaPorts {
  const { exposure, ports: { from, to }, callsPerPod } = gateway.spec.media;
  const [size, shift] = [portsFor(callsPerPod), STRIDE * slot];
  const isPart = exposure !== 'Pod';
  const audio = isPart ? { from: from + slot * size, to: from + (slot + 1) * size - 1 } : { from, to };
  return { ...audio, control: PORTS.mediaControl + shift, http: PORTS.mediaHttp + shift, store: PORTS.mediaStore + shift };
}
