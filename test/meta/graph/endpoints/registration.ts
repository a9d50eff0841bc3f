// SPDX-License-Identifier: Apache-2.0
// How a number comes to Cloud API: code by SMS or voice, verification, registration with a PIN. Source: "Registration".
import { randomInt } from 'node:crypto';
import * as z from 'zod';
import { GraphError, invalidParameter } from '../errors.ts';
import { isRegistered, type NumberState, registrationWindowMs } from '../number.ts';
import { parseOrRefuse } from '../parse.ts';
import { readParams } from '../request.ts';
import { type Context, success } from './endpoint.ts';

/** Register and deregister requests of a number in 72 hours. */
const maxAttempts = 10;

export const pinSchema = z.string().regex(/^\d{6}$/, 'is not six digits');

const codeRequest = z.object({
  code_method: z.enum(['SMS', 'VOICE']),
  language: z.string().regex(/^[a-z]{2,3}(_[A-Z]{2})?$/, 'is not a language such as en_US'),
});

/** Sends a code; a test finds it in the number's state. */
export async function requestCode(number: NumberState, { request }: Context): Promise<object> {
  parseOrRefuse(codeRequest, await readParams(request));
  number.verificationCode = String(randomInt(100_000, 1_000_000));
  return success;
}

export async function verifyCode(number: NumberState, { request }: Context): Promise<object> {
  const { code } = parseOrRefuse(z.object({ code: pinSchema }), await readParams(request));
  // Assumed code: the documents at hand name none for a wrong code.
  if (code !== number.verificationCode) throw invalidParameter('Param code is not the code that was sent');
  number.verificationCode = undefined;
  number.codeVerification = 'VERIFIED';
  return success;
}

const registrationSchema = z.object({
  messaging_product: z.literal('whatsapp'),
  pin: pinSchema,
  data_localization_region: z.string().regex(/^[A-Z]{2}$/, 'is not an ISO 3166 alpha-2 country code').optional(),
});

export async function register(number: NumberState, { request, state }: Context): Promise<object> {
  const { pin, data_localization_region: region } = parseOrRefuse(registrationSchema, await readParams(request));
  countAttempt(number, state.now());
  if (number.codeVerification !== 'VERIFIED') {
    throw refusal(133006, 'Phone number re-verification needed', 'The phone number must be verified before it is registered');
  }
  if (number.pin !== undefined && number.pin !== pin) {
    throw refusal(133005, 'Two step verification PIN mismatch', 'The PIN is not the one of two-step verification');
  }
  number.pin = pin;
  number.numberStatus = 'CONNECTED';
  number.platformType = 'CLOUD_API';
  number.lastOnboarded = new Date(state.now());
  if (region !== undefined) {
    const storage_configuration = { status: 'IN_COUNTRY_STORAGE_ENABLED', data_localization_region: region };
    number.groups = { ...number.groups, storage_configuration };
  }
  return success;
}

/** The calling settings stay: whether Meta clears them is not documented. */
export function deregister(number: NumberState, { state }: Context): object {
  countAttempt(number, state.now());
  mustBeRegistered(number);
  if (number.onBizApp) {
    throw invalidParameter('A phone number that is in use with the WhatsApp Business app cannot be deregistered');
  }
  number.numberStatus = 'DISCONNECTED';
  number.platformType = 'NOT_APPLICABLE';
  return success;
}

/** Throws GraphError 133010. */
export function changePin(number: NumberState, pin: string): void {
  mustBeRegistered(number);
  number.pin = pin;
}

function mustBeRegistered(number: NumberState): void {
  if (isRegistered(number)) return;
  throw refusal(133010, 'Phone number not registered', 'The phone number is not registered with Cloud API');
}

function countAttempt({ registration: state }: NumberState, now: number): void {
  const { attempts, blockedUntil } = state;
  if (blockedUntil <= now && attempts.count(now) >= maxAttempts) state.blockedUntil = now + registrationWindowMs;
  if (state.blockedUntil > now) {
    const details = `${maxAttempts} register and deregister requests are allowed in 72 hours`;
    throw refusal(133016, 'Account register/deregister rate limit exceeded', details);
  }
  attempts.add(now);
}

function refusal(code: number, title: string, details: string): GraphError {
  return new GraphError({ status: 400, code }, title, details);
}
