// SPDX-License-Identifier: Apache-2.0
import type { SipGateway } from '../api/sipgateway.ts';
import type { PasswordRef, SipRoute } from '../api/siproute.ts';
import type { WhatsAppNumber } from '../api/whatsappnumber.ts';
import type { MediaRelay, Proof } from './snapshot.ts';

/**
 * What routing is decided from, looked up and not listed: with ten thousand numbers a question about one of them must not
 * cost more than with ten.
 */
export interface RoutingView {
  gateway(name: string): SipGateway | undefined;
  number(name: string): WhatsAppNumber | undefined;
  /** Numbers that name a gateway, and those that Meta still dials it for, in any order. */
  numbersOf(gateway: SipGateway): readonly WhatsAppNumber[];
  /** Numbers, itself among them, with a number's phone number or id, in any order. */
  rivalsOf(number: WhatsAppNumber): readonly WhatsAppNumber[];
  /** Routes that name a number, in any order. */
  routesOf(number: string): readonly SipRoute[];
  /** HA1 of a number's SIP password in a realm; undefined until Meta's password is known. */
  ha1(number: WhatsAppNumber, realm: string): string | undefined;
  /** What the number proves itself to Meta with; undefined until Meta's password is known. */
  proof(number: WhatsAppNumber): Proof | undefined;
  /** A password that a route names; undefined until it is known. */
  password(route: SipRoute, ref: PasswordRef): string | undefined;
  /** Where telephony outside of the cluster finds any of a gateway's proxies; undefined where that is nowhere. */
  insideAddress(gateway: SipGateway): string | undefined;
  /** Relays that take a gateway's new calls, in any order. */
  media(gateway: string): readonly MediaRelay[];
}
