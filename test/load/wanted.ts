// SPDX-License-Identifier: Apache-2.0

/** How many numbers TRUNKLINE_NUMBERS asks for. Throws with a sentence where it is no such number. */
export function wantedNumbers(fallback: number): number {
  const text = process.env['TRUNKLINE_NUMBERS'] ?? String(fallback);
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new Error(`TRUNKLINE_NUMBERS is "${text}": give a whole number from 1 to 99999`);
  return Number(text);
}
