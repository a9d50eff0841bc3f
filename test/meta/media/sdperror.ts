// SPDX-License-Identifier: Apache-2.0

/** SDP breaks the rules of offer and answer (RFC 3264, RFC 4568, RFC 8842) or Meta's; the message says which. */
export class SdpError extends Error {
  override readonly name = 'SdpError';
}
