// SPDX-License-Identifier: Apache-2.0
// health_status of a number and of an account, made from their state. Source: "Messaging and calling health status".
import type { AccountState } from './account.ts';
import type { AppState } from './app.ts';
import { isRegistered, type NumberState } from './number.ts';

export interface HealthError {
  readonly code: number;
  readonly description: string;
  readonly solution: string;
}

/** One reason why an entity cannot do something (`error`: BLOCKED), or not fully (`limitation`: LIMITED). */
export type HealthIssue = {
  readonly entity: 'PHONE_NUMBER' | 'WABA' | 'BUSINESS' | 'APP';
  readonly affects: 'can_send_message' | 'can_receive_call_sip';
} & ({ readonly error: HealthError } | { readonly limitation: string });

interface Entity {
  readonly type: HealthIssue['entity'];
  readonly id: string;
  /** `can_receive_call_sip` exists on numbers and apps only, and only where a number is asked about. */
  readonly callable: boolean;
}

/** The field of the phone number node, as the app of the token sees it. */
export function numberHealth(number: NumberState, account: AccountState, app: AppState): object {
  const entities: Entity[] = [
    { type: 'PHONE_NUMBER', id: number.phoneNumberID, callable: true },
    ...accountEntities(account),
    { type: 'APP', id: app.appId, callable: true },
  ];
  return summarize(entities, [
    ...numberIssues(number), ...appIssues(app), ...serverIssues(number, app), ...number.healthIssues,
    ...account.healthIssues,
  ]);
}

/** The field of the account node. */
export function accountHealth(account: AccountState, app: AppState): object {
  const issues = account.healthIssues.filter(({ affects }) => affects === 'can_send_message');
  return summarize([...accountEntities(account), { type: 'APP', id: app.appId, callable: false }], issues);
}

function accountEntities(account: AccountState): Entity[] {
  return [
    { type: 'WABA', id: account.id, callable: false }, { type: 'BUSINESS', id: account.businessID, callable: false },
  ];
}

function numberIssues(number: NumberState): HealthIssue[] {
  const issues: HealthIssue[] = [];
  if (!isRegistered(number)) {
    // Assumed code: Meta documents none for a number that is not connected.
    const description = `The phone number is ${number.numberStatus} and not connected to Cloud API.`;
    const error = { code: 141000, description, solution: 'Register the phone number.' };
    issues.push({ entity: 'PHONE_NUMBER', affects: 'can_send_message', error });
  }
  if (number.calling.sip?.status !== 'ENABLED') {
    const description = 'SIP is not enabled on this phone number.';
    const error = { code: 138024, description, solution: 'Enable SIP in the calling settings of the phone number.' };
    issues.push({ entity: 'PHONE_NUMBER', affects: 'can_receive_call_sip', error });
  }
  return issues;
}

function appIssues(app: AppState): HealthIssue[] {
  if (app.mode === 'live') return [];
  // Assumed code: Meta asks for a live app, and documents no code for one that is not.
  const description = `The app ${app.appId} is in development mode; SIP calls need an app that is live.`;
  const error = { code: 10, description, solution: 'Switch the app to Live in the App Dashboard.' };
  return [{ entity: 'APP', affects: 'can_receive_call_sip', error }];
}

function serverIssues(number: NumberState, app: AppState): HealthIssue[] {
  if (number.servers.some((server) => server.appId === app.appId)) return [];
  const description = 'The app has no SIP server configured for this phone number.';
  const error = { code: 138025, description, solution: 'Configure a SIP server with an access token of this app.' };
  return [{ entity: 'APP', affects: 'can_receive_call_sip', error }];
}

type Level = 'AVAILABLE' | 'LIMITED' | 'BLOCKED';

function levelOf(issues: readonly HealthIssue[]): Level {
  if (issues.length === 0) return 'AVAILABLE';
  return issues.some((issue) => 'error' in issue) ? 'BLOCKED' : 'LIMITED';
}

/**
 * The text says that the value at the top is about messages; Meta's own sample shows it BLOCKED where nothing but SIP
 * is blocked. It is as in the sample here.
 */
function summarize(entities: readonly Entity[], issues: readonly HealthIssue[]): object {
  const ofShown = issues.filter(({ entity }) => entities.some(({ type }) => type === entity));
  return {
    can_send_message: levelOf(ofShown),
    entities: entities.map((entity) => describe(entity, ofShown.filter((issue) => issue.entity === entity.type))),
  };
}

function describe({ type, id, callable }: Entity, issues: readonly HealthIssue[]): object {
  const about = (ability: HealthIssue['affects']): Level => levelOf(issues.filter(({ affects }) => affects === ability));
  const errors = issues.flatMap((issue) => ('error' in issue ? issue.error : []));
  const limitations = issues.flatMap((issue) => ('limitation' in issue ? issue.limitation : []));
  return {
    entity_type: type,
    id,
    can_send_message: about('can_send_message'),
    ...(callable ? { can_receive_call_sip: about('can_receive_call_sip') } : {}),
    ...(errors.length === 0
      ? {}
      : {
        errors: errors.map(({ code, description, solution }) => ({
          error_code: code, error_description: description, possible_solution: solution,
        })),
      }),
    ...(limitations.length === 0 ? {} : { additional_info: limitations }),
  };
}
