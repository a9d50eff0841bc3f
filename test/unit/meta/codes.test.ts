// SPDX-License-Identifier: Apache-2.0
// Every error code that Meta documents ends in a condition: which one, why, whether it waits for a person, and what to do.
import { describe, expect, it } from 'vitest';
import { toConditions } from '../../../operator/api/conditions.ts';
import { isReason, type Reason } from '../../../operator/api/reasons.ts';
import { judgeNumber } from '../../../operator/controllers/number/verdicts.ts';
import * as outcomes from '../../../operator/controllers/settings/outcome.ts';
import { CODES, entryOf } from '../../../operator/meta/codes.ts';
import { toGraphError, unavailable, type GraphError } from '../../../operator/meta/errors.ts';
import { goodNumber } from '../builders.ts';

/** Code, HTTP status, reason, and a word that its cure cannot do without. */
type Row = [code: number, status: number, reason: Reason, cure: RegExp];

/** The token and what it may do: nothing else can be asked, so CredentialsValid says it. */
const CREDENTIALS: readonly Row[] = [
  [0, 401, 'TokenRefused', /accessTokenRef/],
  [102, 401, 'TokenRefused', /accessTokenRef/],
  [190, 401, 'TokenRefused', /accessTokenRef/],
  [3, 500, 'PermissionMissing', /capability/],
  [10, 403, 'PermissionMissing', /whatsapp_business_management/],
  [200, 403, 'PermissionMissing', /whatsapp_business_management/],
  [250, 403, 'PermissionMissing', /whatsapp_business_messaging/],
  [299, 403, 'PermissionMissing', /Business settings/],
  [131005, 403, 'PermissionMissing', /new token/],
];

/** Waits for a change by a person: Stalled. */
const STALLED: readonly Row[] = [
  [33, 400, 'NumberUnknownToMeta', /spec\.phoneNumberID/],
  [100, 400, 'MetaRefused', /spec\.calling/],
  [131008, 400, 'MetaRefused', /misses a value/],
  [131009, 400, 'MetaRefused', /does not take a value/],
  [131030, 400, 'MetaRefused', /list of a test number/],
  [131055, 400, 'MetaRefused', /by SIP/],
  [368, 403, 'AccountRestricted', /Account quality/],
  [130497, 403, 'AccountRestricted', /country/],
  [131031, 403, 'AccountRestricted', /locked/],
  [131042, 400, 'PaymentMissing', /payment method/],
  [131044, 400, 'PaymentMissing', /payment method/],
  [138000, 401, 'CallingOff', /no token problem/],
  [138013, 400, 'CountryExcluded', /US, CA, EG, VN and NG/],
  [138014, 400, 'CallingPaused', /quality/],
  [138015, 400, 'MessagingLimitTooLow', /2000/],
  [138018, 400, 'PrerequisiteMissing', /SIP set up/],
  [133005, 400, 'PinRefused', /spec\.registration\.pinRef/],
  [133006, 400, 'CodeNotVerified', /Verify the number/],
  [133008, 400, 'PinRefused', /Too many wrong PINs/],
  [133009, 400, 'PinRefused', /too fast/],
  [133010, 400, 'NotRegistered', /not registered/],
  [2388001, 400, 'PinRefused', /two-step verification/],
  [138001, 400, 'MetaRefused', /cannot take calls/],
  [138003, 400, 'MetaRefused', /a call between the two/],
  [138006, 401, 'MetaRefused', /no token problem/],
  [138017, 400, 'MetaRefused', /for good/],
  [138019, 400, 'MetaRefused', /set the call up/],
  [138020, 400, 'MetaRefused', /relay/],
  [138021, 400, 'MetaRefused', /received no media/],
  [138022, 400, 'MetaRefused', /could not send media/],
  [138023, 400, 'MetaRefused', /no media came/],
  [138024, 400, 'SipOff', /SIP is off/],
  [138025, 400, 'SipServerMissing', /no SIP server/],
  [141002, 400, 'Unhealthy', /template/],
];

/** Comes right by itself: Reconciling, and calls go on. */
const PASSING: readonly Row[] = [
  [1, 400, 'MetaUnavailable', /tried again/],
  [2, 503, 'MetaUnavailable', /tried again/],
  [131000, 500, 'MetaUnavailable', /tried again/],
  [131016, 500, 'MetaUnavailable', /tried again/],
  [131045, 500, 'MetaUnavailable', /tried again/],
  [131057, 500, 'MetaUnavailable', /maintenance/],
  [133000, 500, 'MetaUnavailable', /deregistration/],
  [133004, 503, 'MetaUnavailable', /busy/],
  [133015, 400, 'MetaUnavailable', /five minutes/],
  [138004, 500, 'MetaUnavailable', /connection to the user/],
  [138007, 500, 'MetaUnavailable', /in time/],
  [4, 400, 'MetaThrottled', /another program/],
  [17, 400, 'MetaThrottled', /this user/],
  [32, 400, 'MetaThrottled', /page/],
  [613, 429, 'MetaThrottled', /permissions were read/],
  [80007, 400, 'MetaThrottled', /business account/],
  [80008, 400, 'MetaThrottled', /account/],
  [130429, 400, 'MetaThrottled', /throughput/],
  [131048, 400, 'MetaThrottled', /spam/],
  [131056, 400, 'MetaThrottled', /one user/],
  [133016, 400, 'MetaThrottled', /72 hours/],
  [138002, 429, 'MetaThrottled', /same time/],
  [138005, 429, 'MetaThrottled', /faster/],
  [138009, 400, 'MetaThrottled', /asked for permission/],
  [138012, 400, 'MetaThrottled', /24 hours/],
];

const WORDS = 'words of Meta, and its details';

const body = (code: number, more: object = {}): string =>
  JSON.stringify({
    error: {
      message: 'words of Meta',
      type: 'OAuthException',
      code,
      error_data: { details: 'and its details' },
      fbtrace_id: 'x',
      ...more,
    },
  });

/** What a reader of the number sees after a failure of something that worked before. */
function seen(error: GraphError) {
  const outcome = outcomes.failed(error, goodNumber.outcome);
  const conditions = toConditions(judgeNumber({ ...goodNumber, outcome }), [], new Date(0));
  const find = (type: string) => conditions.find((condition) => condition.type === type);
  return { find, stalled: find('Stalled') !== undefined, reconciling: find('Reconciling') !== undefined };
}

const error = (code: number, status: number): GraphError =>
  toGraphError(status, JSON.stringify({ error: { message: WORDS, code, type: 'OAuthException', fbtrace_id: 'x' } }));

describe.each([
  ['CredentialsValid', true, CREDENTIALS],
  ['SettingsSynced', true, STALLED],
  ['SettingsSynced', false, PASSING],
] as const)('%s, Stalled: %s', (type, stalled, rows) => {
  it.each(rows)('after code %i with HTTP %i is False for %s', (code, status, reason, cure) => {
    const { find, ...state } = seen(error(code, status));
    const condition = find(type);
    expect(condition).toMatchObject({ status: 'False', reason });
    expect(condition?.message).toContain(`Meta says: ${WORDS} (code ${code}). `);
    expect(condition?.message.split(`(code ${code}). `)[1]).toMatch(cure);
    expect(state).toEqual({ stalled, reconciling: !stalled });
    expect(find('Ready')).toMatchObject({ status: 'False', reason });
    expect(find('Programmed')).toMatchObject({ status: 'True' });
  });

  it.each(rows)('after code %i leaves what Meta said of everything else', (code, status) => {
    expect(seen(error(code, status)).find('QualityGood')).toMatchObject({ status: 'True' });
  });
});

it('the tables above and the operator know the same codes', () => {
  const tested = new Set([...CREDENTIALS, ...STALLED, ...PASSING].map(([code]) => code));
  expect(
    Object.keys(CODES)
      .map(Number)
      .filter((code) => !tested.has(code)),
  ).toEqual([]);
  expect([...tested].filter((code) => entryOf(code) === undefined)).toEqual([]);
  expect(Object.values(CODES).filter(({ reason, cure }) => !isReason(reason) || cure.length < 20)).toEqual([]);
});

describe('an error', () => {
  it('has Meta’s details behind its message', () => {
    expect(toGraphError(400, body(100)).message).toBe('words of Meta: and its details');
  });

  it('of an id that the token may not see is told by its subcode', () => {
    expect(toGraphError(400, body(100, { error_subcode: 33 }))).toMatchObject({ kind: 'unknown', reason: 'NumberUnknownToMeta' });
  });

  it.each([138000, 138006])('with HTTP 401 and code %i is no token problem', (code) => {
    const { find } = seen(error(code, 401));
    expect(find('CredentialsValid')?.status).toBe('True');
  });

  it.each<[string, number, number, string]>([
    ['a caller’s fault', 999_999, 400, 'invalid'],
    ['a server’s fault', 999_999, 500, 'unavailable'],
    ['too much', 999_999, 429, 'throttled'],
    ['the token', 999_999, 401, 'token'],
  ])('with a code that no document names is %s by its HTTP status', (_, code, status, kind) => {
    const unknown = error(code, status);
    expect(unknown.kind).toBe(kind);
    expect(unknown.sentence).toMatch(/^Meta says: words of Meta, and its details \(code 999999\)\. .{20,}/);
  });

  it.each([100, 999_999, 131009])('that Meta calls transient passes by itself (code %i)', (code) => {
    expect(toGraphError(400, body(code, { is_transient: true }))).toMatchObject({
      kind: 'unavailable',
      reason: 'MetaUnavailable',
    });
  });

  it.each([190, 80007, 138015])('that Meta calls transient stays what it is otherwise (code %i)', (code) => {
    expect(toGraphError(400, body(code, { is_transient: true })).kind).toBe(toGraphError(400, body(code)).kind);
  });

  it.each([
    ['HTML', 502, '<html>Bad gateway</html>'],
    ['nothing', 503, ''],
    ['half an answer', 400, '{"error":{"message":"x","co'],
    ['JSON of another kind', 401, '{"success":false}'],
    ['JSON that is no object', 500, 'null'],
    ['an error without a code', 400, '{"error":{"message":"x"}}'],
    ['an error whose code is null', 400, '{"error":{"message":"x","code":null}}'],
  ])('whose body is %s passes by itself', (_, status, text) => {
    const judged = toGraphError(status, text);
    expect(judged).toMatchObject({ kind: 'unavailable', status, code: undefined });
    expect(seen(judged)).toMatchObject({ stalled: false, reconciling: true });
    expect(judged.sentence).toContain(`HTTP ${status}`);
  });

  it('with members that are null is read all the same', () => {
    const nulls = { error_subcode: null, is_transient: null, error_data: null, message: null };
    expect(toGraphError(400, body(190, nulls))).toMatchObject({ kind: 'token', code: 190, message: 'error 190' });
  });

  it('with HTTP 429 is too much, whatever its body', () => {
    expect(toGraphError(429, 'slow down', '30')).toMatchObject({
      kind: 'throttled',
      reason: 'MetaThrottled',
      retryAfterMs: 30_000,
    });
  });

  it.each<[string | undefined, number | undefined]>([
    ['120', 120_000],
    ['1.5', 1500],
    [undefined, undefined],
    ['', undefined],
    ['0', undefined],
    ['-5', undefined],
    ['soon', undefined],
  ])('with Retry-After %s asks to stay away for %s ms', (header, wait) => {
    expect(toGraphError(400, body(4), header).retryAfterMs).toBe(wait);
    expect(toGraphError(503, '', header).retryAfterMs).toBe(wait);
  });

  it('about the app’s proof names the Secret of the app, not the settings', () => {
    const proof = toGraphError(
      400,
      JSON.stringify({ error: { message: 'Invalid appsecret_proof provided in the API argument', code: 100 } }),
    );
    const { find, stalled } = seen(proof);
    expect(find('CredentialsValid')?.message).toContain('spec.appSecretRef');
    expect(stalled).toBe(true);
  });

  it('that never came says so, keeps its cause, and has no code', () => {
    const cause = new Error('ECONNRESET');
    const lost = unavailable(0, 'no answer: ECONNRESET', { cause });
    expect(lost).toMatchObject({ kind: 'unavailable', status: 0, code: undefined, cause });
    expect(lost.sentence).toContain('no answer: ECONNRESET. ');
    expect(lost.sentence).not.toContain('code');
  });
});
