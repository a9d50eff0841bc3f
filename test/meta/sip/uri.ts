// SPDX-License-Identifier: Apache-2.0
// SIP URIs and name-addr values (RFC 3261 §19.1, §25), as far as routing needs them.

export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** Everything before `@`, user parameters (RFC 4904) included; '' where there is none. */
  readonly user: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: ReadonlyMap<string, string>;
}

const hostForm = String.raw`\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+`;
const tailForm = String.raw`(?::(\d{1,5}))?((?:;[^?<>\s]*)?)(\?[^<>\s]*)?`;
const form = new RegExp(String.raw`^(sips?):(?:([^@<>\s]*)@)?(${hostForm})${tailForm}$`, 'i');

/** Parses `sip:user@host:port;parameters`; undefined when it is something else. */
export function parseUri(text: string): SipUri | undefined {
  const match = form.exec(text);
  if (!match) return undefined;
  const [, scheme = '', user = '', host = '', port, parameters = ''] = match;
  return {
    scheme: scheme.toLowerCase() === 'sips' ? 'sips' : 'sip',
    user,
    host: host.replace(/^\[|\]$/g, ''),
    port: port === undefined ? undefined : Number(port),
    parameters: new Map(
      parameters
        .split(';')
        .filter((part) => part !== '')
        .map((part) => {
          const [key = '', value = ''] = part.split('=', 2);
          return [key.toLowerCase(), value];
        }),
    ),
  };
}

/** Whether two URIs name the same place: user, host, port and transport (RFC 3261 §19.1.4, without the rest). */
export function sameUri(first: string, second: string): boolean {
  const [one, two] = [parseUri(first), parseUri(second)];
  if (!one || !two) return first === second;
  const transport = (uri: SipUri) => uri.parameters.get('transport')?.toLowerCase();
  return one.scheme === two.scheme && one.user === two.user && one.host.toLowerCase() === two.host.toLowerCase()
    && one.port === two.port && transport(one) === transport(two);
}

/** The URI inside a From, To, Contact, Route or Record-Route value. */
export function uriOf(nameAddress: string): string {
  const bracketed = /<([^>]*)>/.exec(nameAddress.replace(/"(?:\\.|[^"\\])*"/g, '""'));
  return bracketed?.[1] ?? nameAddress.split(';')[0]?.trim() ?? '';
}

/** Where a URI is sent to over TLS; undefined when it cannot be (not SIP, or another transport). */
export function tlsTarget(uri: string): { host: string; port: number } | undefined {
  const parsed = parseUri(uri);
  if (!parsed) return undefined;
  const secure = parsed.scheme === 'sips' || parsed.parameters.get('transport')?.toLowerCase() === 'tls';
  return secure ? { host: parsed.host, port: parsed.port ?? 5061 } : undefined;
}
