// SPDX-License-Identifier: Apache-2.0
// Does Meta tell the token's app about changes of the account, and about all that matter here?
import { advisory, no, unknown, yes, type Verdict } from '../../api/conditions.ts';
import { Sensitive } from '../../api/sensitive.ts';
import { GraphError } from '../../meta/errors.ts';
import type { AppCredentials, GraphClient } from '../../meta/graph.ts';
import type { Lookups } from '../../meta/lookups.ts';
import { toSubscribe, WATCHED_FIELDS, type AppSubscription } from '../../meta/subscriptions.ts';
import type { Access } from '../../meta/transport.ts';

export interface WebhookWish {
  /** Whether what is missing may be set. */
  mayWrite: boolean;
  callbackURL: string | undefined;
  verifyToken: Sensitive | undefined;
}

export interface WebhookView {
  graph: GraphClient;
  lookups: Lookups;
  access: Access;
  accountID: string;
  app: Partial<AppCredentials>;
  /** Undefined where the spec does not ask for webhooks. */
  wish: WebhookWish | undefined;
}

/** Looks and, where asked for, sets. Calls work without, so whatever is missing is advice. */
export async function keepWebhooks(view: WebhookView): Promise<Verdict> {
  try {
    return advisory(await keep(view));
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    if (error.kind === 'token') throw error;
    const passes = error.kind === 'unavailable' || error.kind === 'throttled';
    return advisory(passes ? unknown('NotShown', error.sentence) : no('NotSubscribed', error.sentence));
  }
}

async function keep(view: WebhookView): Promise<Verdict> {
  const { graph, lookups, access, accountID, app, wish } = view;
  const apps = await lookups.subscribedApps(access, accountID);
  if (app.appID !== undefined && !apps.includes(app.appID)) {
    if (!wish?.mayWrite) {
      return no('NotSubscribed', `app ${app.appID} does not get the webhooks of account ${accountID}: add spec.webhook, and the operator subscribes it`);
    }
    await graph.subscribe(access, accountID);
    lookups.forgetWebhooks(access, accountID);
  }
  if (app.appID === undefined) return unknown('NotShown', 'Meta does not say which app the token belongs to');
  return keepFields(view).catch((error: unknown) => {
    // The app's own token is made of its id and secret: what Meta says of it says nothing of the number's.
    if (error instanceof GraphError && error.kind === 'token') return no('FieldsMissing', `Meta says: ${error.words}. Check the app’s secret in the Secret of spec.appSecretRef`);
    throw error;
  });
}

async function keepFields(view: WebhookView): Promise<Verdict> {
  const { graph, lookups, access, accountID, app, wish } = view;
  const { appID, secret } = app;
  if (appID === undefined || secret === undefined) {
    return yes('Subscribed', 'the account’s webhooks go to the app; which fields they have is only seen with spec.appSecretRef');
  }
  const found = await lookups.appSubscription(access, { appID, secret });
  const wanted = wish?.callbackURL === undefined ? undefined : toSubscribe(found, wish.callbackURL);
  if (!wanted || !wish?.mayWrite || !wish.verifyToken) return judgeFields(found, wanted);
  await graph.setAppSubscription(access, { appID, secret }, { ...wanted, verifyToken: wish.verifyToken });
  lookups.forgetWebhooks(access, accountID);
  return yes('Subscribed', `the app’s webhook ${wanted.callbackURL} gets all fields`);
}

function judgeFields(found: AppSubscription | undefined, wanted: AppSubscription | undefined): Verdict {
  const lacking = WATCHED_FIELDS.filter((field) => !found?.fields.includes(field));
  if (lacking.length > 0) {
    return no('FieldsMissing', `the app’s webhook lacks ${lacking.join(', ')}: add them in the app’s dashboard, or give spec.webhook.callbackURL`);
  }
  if (wanted) return no('FieldsMissing', `the app’s webhook is ${found?.callbackURL}, declared ${wanted.callbackURL}; nothing is written, as spec.management is Observe`);
  return yes('Subscribed', 'the account’s webhooks go to the app, with all fields');
}
