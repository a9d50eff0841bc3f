// SPDX-License-Identifier: Apache-2.0
// Observe, compare, apply, read back: brings Meta's calling settings of a number to what is declared.
import type { Verdict } from '../../api/conditions.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import { compareCalling, type Difference, type Observation } from '../../meta/calling/compare.ts';
import { fingerprint, type WantedCalling } from '../../meta/calling/wanted.ts';
import { stage, toWrite, type CallingWrite } from '../../meta/calling/write.ts';
import * as outcomes from './outcome.ts';

/** What is missing on the path behind the number, in words that end "written once …". */
export interface PathGap {
  gateway: boolean;
  what: string;
}

export interface BringInput {
  number: WhatsAppNumber;
  wanted: WantedCalling;
  /** Fingerprint of what Meta last read back in full; a difference from that is somebody's doing. */
  applied: string | undefined;
  /** Additions to the good verdict's message. */
  notes: readonly string[];
  path: PathGap | undefined;
  now: Date;
  read: () => Promise<Observation>;
  write: (calling: CallingWrite) => Promise<void>;
  /** Told of what was written. */
  wrote: (differences: readonly Difference[], isDrift: boolean) => void;
  /** Whether just this was written a moment ago, and Meta may not show it yet. */
  isFresh: (calling: CallingWrite) => boolean;
}

export interface Brought {
  settings: Verdict;
  drifted: Verdict;
  observation: Observation;
  wrote: boolean;
  /** Differences that wait for the path behind the number. */
  held: readonly Difference[];
  /** Whether Meta read back everything that is declared. */
  complete: boolean;
}

export async function bring(input: BringInput): Promise<Brought> {
  const { number, wanted } = input;
  const observation = await input.read();
  const differences = compareCalling(wanted, observation);
  const base = { observation, wrote: false, complete: false, held: [] };
  const calm = previousDrift(number);
  if (differences.length === 0) {
    return { ...base, complete: true, settings: outcomes.synced(false, input.notes), drifted: calm };
  }
  const isDrift = input.applied === fingerprint(wanted);
  if (number.spec.management === 'Observe') {
    return { ...base, settings: outcomes.left('Observing', differences), drifted: isDrift ? outcomes.drift.left(differences) : calm };
  }
  if (isDrift && number.spec.driftPolicy === 'Report') {
    return { ...base, settings: outcomes.left('DriftLeft', differences), drifted: outcomes.drift.left(differences) };
  }
  return correct(input, { ...base, differences, isDrift, calm });
}

interface Finding {
  observation: Observation;
  differences: readonly Difference[];
  isDrift: boolean;
  calm: Verdict;
}

async function correct(input: BringInput, { observation, differences, isDrift, calm }: Finding): Promise<Brought> {
  const { wanted, path, now } = input;
  const { now: due, held } = stage(differences, observation, path === undefined);
  const waiting = held.length > 0 && path ? outcomes.activating(held, path) : undefined;
  const drifted = isDrift ? outcomes.drift.seen(differences) : calm;
  if (due.length === 0 && waiting) return { settings: waiting, drifted, observation, wrote: false, complete: false, held };
  const calling = toWrite(wanted, due);
  if (input.isFresh(calling)) return { settings: outcomes.differing(due), drifted, observation, wrote: false, complete: false, held };
  await input.write(calling);
  input.wrote(due, isDrift);
  const after = await input.read();
  const left = compareCalling(wanted, after).filter(({ field }) => !held.some((each) => each.field === field));
  const base = { observation: after, wrote: true, held };
  if (left.length > 0) return { ...base, complete: false, settings: outcomes.differing(left), drifted };
  const corrected = isDrift ? outcomes.drift.corrected(due, now) : calm;
  if (waiting) return { ...base, complete: false, settings: waiting, drifted: corrected };
  return { ...base, complete: true, settings: outcomes.synced(true, input.notes), drifted: corrected };
}

/** What was put right stays on record until the next drift. */
function previousDrift({ status }: WhatsAppNumber): Verdict {
  const before = status?.conditions?.find(({ type }) => type === 'Drifted');
  if (before?.reason !== 'DriftCorrected') return outcomes.drift.none;
  return { ...outcomes.drift.none, reason: 'DriftCorrected', message: before.message };
}
