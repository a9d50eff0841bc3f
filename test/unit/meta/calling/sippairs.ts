// SPDX-License-Identifier: Apache-2.0
// Pairs of declared and observed settings: status, SIP, key exchange, codecs, webhook delivery.
import { APP, differs, FOREIGN, OWN, same, sipWrite, type Pair } from './declared.ts';

const sip = (more: object): object => ({ sip: { status: 'ENABLED', servers: [OWN], ...more } });
const servers = (...entries: object[]): object => sip({ servers: entries });
const own = (more: object): object => servers({ ...OWN, ...more });
const { port: _, ...OWN_WITHOUT_PORT } = OWN;
const { app_id: __, ...OWN_WITHOUT_APP } = OWN;
const OFF = 'status is DISABLED, declared ENABLED';
const NONE_OF_US = 'sip.servers is none of this app, declared sip.example.com:5061';
const PARAMETERS = { tgrp: 'wacall', 'trunk-context': 'example.net' };
const WITH_PARAMETERS = { requestURIParameters: PARAMETERS };
const PARAMETER_TEXT = 'sip.example.com:5061;tgrp=wacall;trunk-context=example.net';

export const STATUS_PAIRS: readonly Pair[] = [
  same('nothing declared but defaults', {}, {}),
  differs('calling is off', {}, [{ status: 'DISABLED' }, { status: 'ENABLED' }, OFF]),
  differs('calling was never set', {}, [{ status: undefined }, { status: 'ENABLED' }, OFF]),
  differs('calling is to be off', { status: 'Disabled' }, [{}, { status: 'DISABLED' }, 'status is ENABLED, declared DISABLED']),
  same('calling is off as declared', { status: 'Disabled' }, { status: 'DISABLED' }),
  same('calling was never set and is to be off', { status: 'Disabled' }, { status: undefined }),
  same('status in lower case', {}, { status: 'enabled' }),
  {
    is: 'a number that was never touched',
    declared: {},
    observed: {},
    write: { status: 'ENABLED', ...sipWrite() },
    differences: `${OFF}; sip.${OFF}; ${NONE_OF_US}; srtp_key_exchange_protocol is DTLS, declared SDES`,
  },
  {
    is: 'a number that was never touched and is to be off',
    declared: { status: 'Disabled' },
    observed: {},
    write: sipWrite(),
    differences: `sip.${OFF}; ${NONE_OF_US}; srtp_key_exchange_protocol is DTLS, declared SDES`,
  },
  same('members that the operator does not know', {}, { video: { status: 'ENABLED' }, ip_addresses: { default: ['192.0.2.1'] } }),
  same(
    'restrictions',
    {},
    { restrictions: { restrictions_list: [{ type: 'RESTRICTED_USER_INITIATED_CALLING', reason: 'x', expiration: 1 }] } },
  ),
];

export const SERVER_PAIRS: readonly Pair[] = [
  differs('SIP is off with the server in place', {}, [sip({ status: 'DISABLED' }), sipWrite(), `sip.${OFF}`]),
  differs('SIP was never set', {}, [{ sip: undefined }, sipWrite(), `sip.${OFF}; ${NONE_OF_US}`]),
  same('SIP in lower case', {}, sip({ status: 'enabled' })),
  differs('no server', {}, [servers(), sipWrite(), NONE_OF_US]),
  differs('our app’s server has another name', {}, [
    own({ hostname: 'old.example.com' }),
    sipWrite(),
    'sip.servers is old.example.com:5061, declared sip.example.com:5061',
  ]),
  same('the server’s name in capitals', {}, own({ hostname: 'SIP.Example.COM' })),
  differs('the server has another port', {}, [
    own({ port: 5062 }),
    sipWrite(),
    'sip.servers is sip.example.com:5062, declared sip.example.com:5061',
  ]),
  same('the port as text', {}, own({ port: '5061' })),
  differs('another port as text', {}, [
    own({ port: '443' }),
    sipWrite(),
    'sip.servers is sip.example.com:443, declared sip.example.com:5061',
  ]),
  same('no port, which is 5061', {}, servers(OWN_WITHOUT_PORT)),
  same('the app’s id as text', {}, own({ app_id: String(APP) })),
  same('a server of another app beside ours', {}, servers(OWN, FOREIGN)),
  same('a server of another app before ours', {}, servers(FOREIGN, OWN)),
  differs('only a server of another app', {}, [servers(FOREIGN), sipWrite(), NONE_OF_US]),
  differs('our name in a server of another app', {}, [own({ app_id: 42 }), sipWrite(), NONE_OF_US]),
  differs('servers of two other apps', {}, [servers(FOREIGN, { ...FOREIGN, app_id: 43 }), sipWrite(), NONE_OF_US]),
  same('a server without app, by its name ours', {}, servers(OWN_WITHOUT_APP)),
  differs('a server without app and with another name', {}, [
    servers({ ...OWN_WITHOUT_APP, hostname: 'x.example.com' }),
    sipWrite(),
    NONE_OF_US,
  ]),
  same('a password that Meta shows', {}, own({ sip_user_password: 'secret' })),
  same('a password by the reference’s name', {}, own({ password: 'secret' })),
  differs('parameters are missing', WITH_PARAMETERS, [
    {},
    sipWrite({ request_uri_user_params: PARAMETERS }),
    `sip.servers is sip.example.com:5061, declared ${PARAMETER_TEXT}`,
  ]),
  same(
    'parameters in another order',
    WITH_PARAMETERS,
    own({ request_uri_user_params: { 'trunk-context': 'example.net', tgrp: 'wacall' } }),
  ),
  differs('a parameter has another value', WITH_PARAMETERS, [
    own({ request_uri_user_params: { ...PARAMETERS, tgrp: 'other' } }),
    sipWrite({ request_uri_user_params: PARAMETERS }),
    `sip.servers is sip.example.com:5061;tgrp=other;trunk-context=example.net, declared ${PARAMETER_TEXT}`,
  ]),
  differs('a parameter that is not declared', {}, [
    own({ request_uri_user_params: { tgrp: 'x' } }),
    sipWrite(),
    'sip.servers is sip.example.com:5061;tgrp=x, declared sip.example.com:5061',
  ]),
  same('no parameters, said as null', {}, own({ request_uri_user_params: null })),
  same('no parameters, said as an empty object', {}, own({ request_uri_user_params: {} })),
  same('a parameter as a number', { requestURIParameters: { tgrp: '7' } }, own({ request_uri_user_params: { tgrp: 7 } })),
];

export const MEDIA_PAIRS: readonly Pair[] = [
  differs('key exchange was never set', {}, [
    { srtp_key_exchange_protocol: undefined },
    sipWrite(),
    'srtp_key_exchange_protocol is DTLS, declared SDES',
  ]),
  differs('key exchange is another', {}, [
    { srtp_key_exchange_protocol: 'DTLS' },
    sipWrite(),
    'srtp_key_exchange_protocol is DTLS, declared SDES',
  ]),
  differs('key exchange is another, by its long name', {}, [
    { srtp_key_exchange_protocol: 'DTLS-SRTP' },
    sipWrite(),
    'srtp_key_exchange_protocol is DTLS, declared SDES',
  ]),
  same('key exchange by its long name', {}, { srtp_key_exchange_protocol: 'SDES-SRTP' }),
  same('key exchange in lower case', {}, { srtp_key_exchange_protocol: 'sdes' }),
  same('no codecs, said as an empty list', {}, { audio: { additional_codecs: [] } }),
  same('no codecs, said as an empty object', {}, { audio: {} }),
  differs('a codec is missing', { additionalCodecs: ['PCMA'] }, [
    {},
    { audio: { additional_codecs: ['PCMA'] } },
    'audio.additional_codecs is none, declared PCMA',
  ]),
  same('codecs in another order', { additionalCodecs: ['PCMU', 'PCMA'] }, { audio: { additional_codecs: ['PCMA', 'PCMU'] } }),
  same('codecs in lower case', { additionalCodecs: ['PCMU'] }, { audio: { additional_codecs: ['pcmu'] } }),
  differs('a codec too many', { additionalCodecs: ['PCMU'] }, [
    { audio: { additional_codecs: ['PCMU', 'PCMA'] } },
    { audio: { additional_codecs: ['PCMU'] } },
    'audio.additional_codecs is PCMA, PCMU, declared PCMU',
  ]),
  differs('codecs that are not declared', {}, [
    { audio: { additional_codecs: ['PCMA'] } },
    { audio: { additional_codecs: [] } },
    'audio.additional_codecs is PCMA, declared none',
  ]),
  differs('webhooks about calls are missing', { webhookDelivery: 'Enabled' }, [
    {},
    sipWrite({}, { webhook_delivery: 'ENABLED' }),
    'sip.webhook_delivery is DISABLED, declared ENABLED',
  ]),
  differs('webhooks about calls that are not wanted', { webhookDelivery: 'Disabled' }, [
    sip({ webhook_delivery: 'ENABLED' }),
    sipWrite({}, { webhook_delivery: 'DISABLED' }),
    'sip.webhook_delivery is ENABLED, declared DISABLED',
  ]),
  same('no webhooks about calls, as by default', { webhookDelivery: 'Disabled' }, {}),
  same('webhooks about calls in lower case', { webhookDelivery: 'Enabled' }, sip({ webhook_delivery: 'enabled' })),
  same('webhooks about calls that are nobody’s business', {}, sip({ webhook_delivery: 'ENABLED' })),
  differs('another server, with webhooks that are nobody’s business', {}, [
    sip({ webhook_delivery: 'ENABLED', servers: [] }),
    sipWrite(),
    NONE_OF_US,
  ]),
];
