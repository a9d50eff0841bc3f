// SPDX-License-Identifier: Apache-2.0

export type Spec = Record<string, unknown>;

export interface Case {
  kind: 'SipGateway' | 'WhatsAppNumber' | 'SipRoute';
  what: string;
  spec: Spec;
  name?: string;
  /** A piece of the refusal; without it the object is valid. */
  refusal?: string;
}

/** The refusal of a network in any kind. */
export const CIDR = 'a source network must be written as address/length';
