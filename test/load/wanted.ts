// SPDX-License-Identifier: Apache-2.0

/** How many numbers TRUNKLINE_NUMBERS asks for. Throws with a sentence where it is no such number. */
export const wantedNumbers = (fallback: number): number => wanted('TRUNKLINE_NUMBERS', fallback);

/** How many calls TRUNKLINE_CALLS asks for, likewise. */
export const wantedCalls = (fallback: number): number => wanted('TRUNKLINE_CALLS', fallback);

function wanted(name: string, fallback: number): number {
  const text = process.env[name] ?? String(fallback);
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new Error(`${name} is "${text}": give a whole number from 1 to 99999`);
  return Number(text);
}
