// SPDX-License-Identifier: Apache-2.0
// A number's conditions. Pure.
import { advisory, no, stalled, unknown, yes, type Judgement, type Verdict } from '../../api/conditions.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import { ONBOARDING } from '../../meta/onboarding.ts';
import type { NumberVerdict } from '../../routing/numbers.ts';
import { sameEntry, type NumberEntry } from '../../routing/snapshot.ts';
import type { PathGap } from '../settings/bring.ts';
import { activating, type MetaCondition, type Outcome } from '../settings/outcome.ts';
import { standing } from '../shared/standing.ts';

export interface NumberView {
  number: WhatsAppNumber;
  routing: NumberVerdict;
  outcome: Outcome | undefined;
  /** What is missing on the path behind the number. */
  gap: PathGap | undefined;
  /** What the last handshake with the name that Meta dials came to. */
  reach: Verdict | undefined;
  /** The certificate made for a destination that Meta dials itself. */
  certificate: Verdict | undefined;
  /** The number as the wanted snapshot has it, and as every proxy is known to serve it. */
  wanted: NumberEntry | undefined;
  applied: NumberEntry | undefined;
  /** Whether anything is known of what the proxies serve. */
  appliedKnown: boolean;
}

/** What Meta says of every number, in the order in which a reader should hear of it. */
const ALWAYS: readonly MetaCondition[] = ['CredentialsValid', ...ONBOARDING, 'SettingsSynced', 'Drifted', 'OnlyServer', 'WebhookSubscribed'];

export function judgeNumber(view: NumberView): Judgement {
  const { number, routing } = view;
  const { phoneNumber } = number.spec;
  const via = routing.kind === 'served' ? ` by route ${routing.routes.map((name) => `"${name}"`).join(', then ')} through gateway "${routing.gateway}"` : '';
  const { generation } = number.metadata;
  const isOff = number.spec.calling.status === 'Disabled';
  const summary = isOff ? `calling is off at Meta for ${phoneNumber}, as declared` : `calls to ${phoneNumber} are served${via}`;
  switch (routing.kind) {
    case 'duplicate':
    case 'no-gateway':
      return { generation, verdicts: { Programmed: judgeProgrammed(view, routing) }, summary };
    case 'direct': {
      const { certificate } = view;
      const verdicts = { ...(certificate ? { CertificateReady: certificate } : {}), ...judgeMeta(view), Reachable: judgeReach(view) };
      return { generation, verdicts, summary: isOff ? summary : `Meta sends calls to ${phoneNumber} to ${number.spec.direct?.hostname} itself` };
    }
    case 'no-password':
    case 'served': {
      const verdicts = { ...judgeMeta(view), Reachable: judgeReach(view), Programmed: judgeProgrammed(view, routing) };
      return { generation, verdicts, summary };
    }
  }
}

/** What Meta said last; right after a start of the operator, what the status says of it still holds. */
function judgeMeta({ number, outcome, gap }: NumberView): Record<string, Verdict> {
  const pending = unknown('Pending', 'Meta has not been asked yet');
  const judge = (condition: MetaCondition): Verdict | undefined =>
    (condition === 'SettingsSynced' && waiting(outcome, gap)) || (outcome?.verdicts[condition] ?? standing(number, condition));
  const isOff = number.spec.calling.status === 'Disabled';
  const asked = ALWAYS.map((condition) => {
    const verdict = judge(condition) ?? (isFirst(condition) ? pending : advisory(pending));
    return [condition, isOff && condition === 'CallsReceivable' ? advisory(verdict) : verdict] as const;
  });
  // There only while a new password is asked for.
  const rotated = outcome?.verdicts.PasswordRotated;
  return Object.fromEntries(rotated ? [...asked, ['PasswordRotated', rotated] as const] : asked);
}

/** What is missing changes between looks at Meta, so it is told as it is now. */
const waiting = (outcome: Outcome | undefined, gap: PathGap | undefined): Verdict | undefined => {
  const settings = outcome?.verdicts.SettingsSynced;
  const isHeld = settings?.reason === 'Activating' || settings?.reason === 'WaitingForGateway';
  return isHeld && outcome?.held && gap ? activating(outcome.held, gap) : undefined;
};

/** The two without which nothing is known; the others follow from the same look. */
const isFirst = (condition: MetaCondition): boolean => condition === 'CredentialsValid' || condition === 'SettingsSynced';

/** Whoever switched calling on without waiting for the path has been told so; Ready does not wait either. */
function judgeReach({ number, reach }: NumberView): Verdict {
  const verdict = reach ?? standing(number, 'Reachable') ?? unknown('Pending', 'no handshake was tried yet');
  return number.spec.calling.activation === 'Immediately' ? advisory(verdict) : verdict;
}

function judgeProgrammed(view: NumberView, routing: Exclude<NumberVerdict, { kind: 'direct' }>): Verdict {
  const { number, wanted, applied, appliedKnown } = view;
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
      return (appliedKnown ? undefined : standing(number, 'Programmed')) ?? no('PasswordPending', 'calls are taken once Meta’s SIP password for the number is known');
    case 'served':
      if (!appliedKnown) return standing(number, 'Programmed') ?? no('Applying', 'the proxies have not been asked yet');
      if (!wanted || !sameEntry(wanted, applied)) return no('Applying', 'not every proxy serves the number yet');
      if (routing.routes.length > 0) return yes('Applied', 'every proxy serves the number');
      return no('NoRoute', `calls to ${phoneNumber} are refused: no inbound SipRoute names number "${number.metadata.name}"`);
  }
}

/** What a number can do without. */
const DISPENSABLE: ReadonlySet<string> = new Set(['OfficialBusiness', 'Drifted', 'PasswordRotated']);

/** The first thing on the way to a working number that is missing: first of those that it cannot work without. */
export function firstMissing({ verdicts }: Judgement, { spec }: WhatsAppNumber): string | undefined {
  const isMissing = (type: string): boolean => !DISPENSABLE.has(type) && (type !== 'WebhookSubscribed' || spec.webhook !== undefined);
  const open = Object.entries(verdicts).filter(([type, { status }]) => status === 'False' && isMissing(type));
  const [type, verdict] = open.find(([, { advisory: isAdvice }]) => !isAdvice) ?? open[0] ?? [];
  return type && verdict && `${type}: ${verdict.message}`;
}
