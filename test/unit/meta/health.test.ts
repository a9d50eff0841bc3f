// SPDX-License-Identifier: Apache-2.0
// What health_status says of calls: Meta's summary is about messages and says nothing here.
import { describe, expect, it } from 'vitest';
import { judgeApp, judgeReceiving } from '../../../operator/meta/healthverdicts.ts';
import { NODE_FIELDS, numberNode } from '../../../operator/meta/node.ts';

const node = (...entities: object[]) =>
  numberNode.parse({ display_phone_number: '+1 555', health_status: { can_send_message: 'BLOCKED', entities } });
const phone = (more: object) => ({ entity_type: 'PHONE_NUMBER', id: 1, can_send_message: 'AVAILABLE', ...more });
const app = (more: object) => ({ entity_type: 'APP', id: '7', can_send_message: 'AVAILABLE', ...more });
const error = (code: number, description = 'words of Meta.', solution = 'Do this.') => ({
  error_code: code,
  error_description: description,
  possible_solution: solution,
});
const open = { can_receive_call_sip: 'AVAILABLE' };
const closed = (...errors: object[]) => ({ can_receive_call_sip: 'BLOCKED', errors });

describe('whether calls reach the SIP server', () => {
  it('does not depend on Meta’s summary, which is about messages', () => {
    expect(judgeReceiving(node(phone(open), app(open)))).toMatchObject({ status: 'True', reason: 'CallsReceivable' });
  });

  it.each([
    ['the number', phone(closed(error(138_024))), 'SipOff', 'SIP is off for the number'],
    ['the app', app(closed(error(138_025))), 'SipServerMissing', 'the token of one app only'],
  ])('is told by %s, with Meta’s words and what to do', (_, entity, reason, cure) => {
    const verdict = judgeReceiving(node({ entity_type: 'WABA', can_send_message: 'AVAILABLE' }, entity));
    expect(verdict).toMatchObject({ status: 'False', reason });
    expect(verdict.message).toMatch(/^Meta says: words of Meta\. Do this\. \(code 13802[45]\)\. /);
    expect(verdict.message).toContain(cure);
  });

  it('is no when either is closed', () => {
    expect(judgeReceiving(node(phone(open), app(closed(error(138_025)))))).toMatchObject({
      status: 'False',
      reason: 'SipServerMissing',
    });
    expect(judgeReceiving(node(phone(closed(error(138_024))), app(open)))).toMatchObject({ status: 'False', reason: 'SipOff' });
  });

  it('is no with Meta’s words alone where no document names the code', () => {
    expect(judgeReceiving(node(phone(closed(error(999_999)))))).toMatchObject({
      reason: 'Unhealthy',
      message: 'Meta says: words of Meta. Do this. (code 999999)',
    });
  });

  it('is no where Meta gives no reason, and says whose it is', () => {
    expect(judgeReceiving(node(app(closed())))).toMatchObject({
      status: 'False',
      reason: 'Unhealthy',
      message: expect.stringContaining('the app'),
    });
    expect(judgeReceiving(node(phone(closed()))).message).toContain('the number');
  });

  it('is yes with limits, in Meta’s words', () => {
    const limited = phone({ can_receive_call_sip: 'LIMITED', additional_info: ['too few answers', 'slow'] });
    expect(judgeReceiving(node(limited, app(open)))).toEqual({
      status: 'True',
      reason: 'CallsLimited',
      message: 'Meta says: too few answers; slow',
    });
    expect(judgeReceiving(node(phone({ can_receive_call_sip: 'limited' }))).message).toContain('LIMITED');
  });

  it.each([
    ['there is no health', numberNode.parse({ display_phone_number: '+1 555' })],
    ['there are no entities', node()],
    ['no entity speaks of calls', node(phone({}), app({}))],
    ['only an account speaks', node({ entity_type: 'WABA', can_receive_call_sip: 'BLOCKED' })],
  ])('is unknown and holds up nothing where %s', (_, number) => {
    expect(judgeReceiving(number)).toMatchObject({ status: 'Unknown', reason: 'NotShown', advisory: true });
  });
});

describe('whether the app is live', () => {
  it('is yes where Meta has nothing against it', () => {
    expect(judgeApp(node(app(open)))).toMatchObject({ status: 'True', reason: 'AppLive' });
  });

  it('does not depend on its SIP server', () => {
    expect(judgeApp(node(app(closed(error(138_025)))))).toMatchObject({ status: 'True', reason: 'AppLive' });
  });

  it('is no with any other error of the app', () => {
    const verdict = judgeApp(node(app({ errors: [error(138_025), error(200, 'App is in development.', '')] })));
    expect(verdict).toMatchObject({ status: 'False', reason: 'AppNotLive' });
    expect(verdict.message).toContain('Meta says: App is in development. (code 200). You: switch the app');
  });

  it('is unknown where Meta shows no app', () => {
    expect(judgeApp(node(phone(open)))).toMatchObject({ status: 'Unknown', reason: 'NotShown', advisory: true });
  });
});

it('all that is read of a number is asked for', () => {
  expect(NODE_FIELDS.split(',')).toEqual(
    expect.arrayContaining([
      'display_phone_number',
      'status',
      'platform_type',
      'is_on_biz_app',
      'health_status',
      'whatsapp_business_manager_messaging_limit',
    ]),
  );
});
