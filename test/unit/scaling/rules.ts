// SPDX-License-Identifier: Apache-2.0
// What the weeks are played by.
import { join } from 'node:path';
import type { Policy } from '../../../operator/scaling/policy.ts';
import type { Shape } from './shapes.ts';
import type { Rules } from './town.ts';

const HOUR = 3_600_000;
export const POLICY: Policy = { minPods: 2, maxPods: 60, callsPerPod: 50, free: { share: 0.2 }, quietMs: HOUR / 6, drainTimeoutMs: 4 * HOUR, surge: 1, isPaused: false };
export const RULES: Rules = { policy: POLICY, startS: 5, tellS: 2, reloadS: 10 };

export const PICTURES = join(import.meta.dirname, '../../../docs/pictures');
export const fileOf = ({ name }: Shape): string => `${name.replaceAll(' ', '-')}.svg`;
