// SPDX-License-Identifier: Apache-2.0
import { vi } from 'vitest';

/** How long a test waits for a state that must come; generous, so that a busy machine is not taken for a fault. */
const PATIENCE = { timeout: 20_000, interval: 10 };

/** Resolves once the assertions hold. */
export async function eventually(assertions: () => void): Promise<void> {
  await vi.waitFor(assertions, PATIENCE);
}

/** Resolves once the condition is true. */
export async function until(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, PATIENCE);
}
