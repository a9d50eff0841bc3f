// SPDX-License-Identifier: Apache-2.0
// A number's conditions. Pure.
import { no, stalled, unknown, yes, type Judgement, type Verdict } from '../../api/conditions.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import type { NumberVerdict } from '../../routing/numbers.ts';
import { sameEntry, type NumberEntry } from '../../routing/snapshot.ts';
import type { Outcome } from '../settings/outcome.ts';
import { standing } from '../shared/standing.ts';

export interface NumberView {
  number: WhatsAppNumber;
  routing: NumberVerdict;
  outcome: Outcome | undefined;
  /** The number as the wanted snapshot has it, and as every proxy is known to serve it. */
  wanted: NumberEntry | undefined;
  applied: NumberEntry | undefined;
  /** Whether anything is known of what the proxies serve. */
  appliedKnown: boolean;
}

export function judgeNumber(view: NumberView): Judgement {
  const { number, routing } = view;
  const { phoneNumber } = number.spec;
  const via = routing.kind === 'served' ? ` by route "${routing.route}" through gateway "${routing.gateway}"` : '';
  const verdicts =
    routing.kind === 'duplicate' || routing.kind === 'no-gateway'
      ? { Programmed: judgeProgrammed(view) }
      : { ...judgeMeta(view), Programmed: judgeProgrammed(view) };
  return { generation: number.metadata.generation, verdicts, summary: `calls to ${phoneNumber} are served${via}` };
}

/** What Meta said last; right after a start of the operator, what the status says of it still holds. */
function judgeMeta({ number, outcome }: NumberView): Record<string, Verdict> {
  const pending = unknown('Pending', 'Meta has not been asked yet');
  return {
    CredentialsValid: outcome?.credentials ?? standing(number, 'CredentialsValid') ?? pending,
    SettingsSynced: outcome?.settings ?? standing(number, 'SettingsSynced') ?? pending,
  };
}

function judgeProgrammed(view: NumberView): Verdict {
  const { number, routing, wanted, applied, appliedKnown } = view;
  const { phoneNumber } = number.spec;
  switch (routing.kind) {
    case 'duplicate':
      return stalled(
        'DuplicatePhoneNumber',
        `WhatsAppNumber "${routing.of}" is older and has the same ${routing.field}: delete one of the two; "${routing.of}" goes on`,
      );
    case 'no-gateway':
      return no('GatewayNotFound', `SipGateway "${routing.gateway}" does not exist: create it or correct spec.gatewayRef.name`);
    case 'no-password':
      return no('PasswordPending', 'calls are taken once Meta’s SIP password for the number is known');
    case 'served':
      if (!appliedKnown) return standing(number, 'Programmed') ?? no('Applying', 'the proxies have not been asked yet');
      if (!wanted || !sameEntry(wanted, applied)) return no('Applying', 'not every proxy serves the number yet');
      if (routing.route) return yes('Applied', 'every proxy serves the number');
      return no('NoRoute', `calls to ${phoneNumber} are refused: no SipRoute names number "${number.metadata.name}"`);
  }
}
