// SPDX-License-Identifier: Apache-2.0
// GET /{PNID}: the phone number node, with the fields asked for.
import { GraphError } from './errors.ts';
import type { NumberState } from './state.ts';

const defaultFields = ['id', 'display_phone_number', 'verified_name', 'quality_rating', 'code_verification_status'];

/** The node's body; `fields` is the comma list of the query. Throws GraphError 100 for a field that does not exist. */
export function readNode(number: NumberState, fields: string | null): Record<string, unknown> {
  const known: Record<string, unknown> = {
    id: number.phoneNumberID,
    display_phone_number: number.phoneNumber,
    verified_name: number.verifiedName,
    quality_rating: 'GREEN',
    code_verification_status: 'VERIFIED',
    name_status: 'APPROVED',
    status: 'CONNECTED',
    platform_type: 'CLOUD_API',
    throughput: { level: 'STANDARD' },
    whatsapp_business_manager_messaging_limit: number.messagingLimit,
    account_mode: number.accountMode,
    is_on_biz_app: false,
  };
  const wanted = fields === null ? defaultFields : ['id', ...fields.split(',').map((field) => field.trim())];
  return Object.fromEntries(wanted.map((field) => {
    if (field in known) return [field, known[field]];
    const details = `Tried accessing nonexisting field (${field}) on node type (WhatsAppBusinessPhoneNumber)`;
    throw new GraphError({ status: 400, code: 100 }, details, details);
  }));
}
