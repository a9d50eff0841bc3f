// SPDX-License-Identifier: Apache-2.0
// What calls of both directions get from the simulator.
import type { CallMedia, MediaStream } from '../media/stream.ts';
import type { SipEndpoint } from './endpoint.ts';

export interface CallContext {
  readonly endpoint: SipEndpoint;
  /** Where connections come from unless the call says otherwise. */
  readonly sourceAddress: string;
  openMedia(options: CallMedia): Promise<MediaStream>;
  /** Told when a user's call is answered: Meta counts by it. */
  answered(call: { readonly from: string; readonly to: string }): void;
}

/** An answer to a request of the business. */
export interface Status {
  readonly code: number;
  readonly reason: string;
}

export const notFound: Status = { code: 404, reason: 'Not Found' };
