// SPDX-License-Identifier: Apache-2.0
// Objects for tests: valid ones, changed by what a test is about.
import { sipGateway, type SipGateway } from '../../operator/api/sipgateway.ts';
import { sipRoute, type SipRoute } from '../../operator/api/siproute.ts';
import { whatsAppNumber, type WhatsAppNumber } from '../../operator/api/whatsappnumber.ts';

type Spec = Record<string, unknown>;

const metadata = (name: string, age: number) => ({
  name,
  namespace: 'voice',
  uid: `uid-${name}`,
  generation: 1,
  // The greater the age, the older.
  creationTimestamp: new Date(Date.UTC(2026, 0, 1) - age * 1000).toISOString(),
});

export const gateway = (name = 'default', spec: Spec = {}): SipGateway =>
  sipGateway.parse({
    apiVersion: 'trunkline.dev/v1alpha1',
    kind: 'SipGateway',
    metadata: metadata(name, 0),
    spec: { hostname: 'sip.example.com', certificate: { issuerRef: { name: 'ca' } }, ...spec },
  });

export interface NumberOptions {
  age?: number;
  spec?: Spec;
}

export const number = (name: string, phoneNumber: string, { age = 0, spec = {} }: NumberOptions = {}): WhatsAppNumber =>
  whatsAppNumber.parse({
    apiVersion: 'trunkline.dev/v1alpha1',
    kind: 'WhatsAppNumber',
    metadata: metadata(name, age),
    spec: {
      phoneNumber,
      phoneNumberID: `9${phoneNumber.slice(1)}`,
      businessAccountID: '102290129340398',
      accessTokenRef: { name: 'meta', key: 'token' },
      ...spec,
    },
  });

export const route = (name: string, numbers: readonly string[], uri = 'sip:pbx.example.com', age = 0): SipRoute =>
  sipRoute.parse({
    apiVersion: 'trunkline.dev/v1alpha1',
    kind: 'SipRoute',
    metadata: metadata(name, age),
    spec: { numbers: numbers.map((each) => ({ name: each })), destinations: [{ uri }] },
  });
