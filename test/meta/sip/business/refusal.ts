// SPDX-License-Identifier: Apache-2.0
// Why Meta does not put a call of the business through. Source: "Troubleshooting", SIP error codes.
import type { Status } from '../context.ts';

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: Status;

  constructor(code: number, reason: string) {
    super(`${code} ${reason}`);
    this.status = { code, reason };
  }
}
