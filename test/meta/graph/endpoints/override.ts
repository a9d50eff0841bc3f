// SPDX-License-Identifier: Apache-2.0
// A webhook address of one's own for an account or a number.
import type { VerifyCallback } from '../challenge.ts';
import { invalidParameter } from '../errors.ts';
import type { WebhookOverride } from '../number.ts';

const maxLength = 200;

export interface OverrideParams {
  readonly override_callback_uri?: string | undefined;
  readonly verify_token?: string | undefined;
}

/** The override asked for, once its address has passed the challenge; undefined when none is. Throws GraphError. */
export async function readOverride(
  { override_callback_uri: url = '', verify_token: verifyToken }: OverrideParams,
  verifyCallback: VerifyCallback,
): Promise<WebhookOverride | undefined> {
  if (url === '') return undefined;
  if (url.length > maxLength) throw invalidParameter(`Param override_callback_uri is longer than ${maxLength} characters`);
  if (verifyToken === undefined) throw invalidParameter('Param verify_token is required with override_callback_uri');
  await verifyCallback(url, verifyToken);
  return { url, verifyToken };
}
