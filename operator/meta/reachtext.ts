// SPDX-License-Identifier: Apache-2.0
// A verdict on a gateway's reachability as a sentence for someone who runs Kubernetes and not Meta. Pure.
import type { Attempt, Reach } from './reachverdict.ts';

/**
 * One sentence: what is wrong, where, and what to do about it.
 * For the message of a condition: it stays the same for as long as the state does.
 */
export function describeReach(reach: Reach, hostname: string, port: number): string {
  const where = 'address' in reach ? `${hostname}:${port} (${reach.address})` : `${hostname}:${port}`;
  if (isAboutCertificate(reach)) return describeCertificate(reach, where, hostname);
  switch (reach.kind) {
    case 'ok':
      return describeOk(reach, where);
    case 'name-not-found':
      return describeMissingName(reach.code, hostname);
    case 'no-connection':
      return (
        `Nothing takes connections at ${where}: ${reach.tried.map(describeAttempt).join(', ')}; check that DNS points at the ` +
        `external address of the gateway’s Service, and that load balancer and firewall let everyone in on TCP port ${port}.`
      );
    case 'not-tls':
      return describeNotTls(reach.answer, where);
    case 'handshake-failed':
      return (
        `${where} refuses the TLS handshake (${reach.code}): it must take TLS 1.2 or 1.3 for the name ${hostname}, from ` +
        'clients that offer no ALPN; look at what ends TLS there if it is not the gateway, else at the log of its proxies.'
      );
    case 'client-certificate-demanded':
      return (
        `${where} demands a client certificate, so Meta may fail to connect: turn off the verification of clients (mTLS) ` +
        'there, or let what ends TLS in front of the gateway pass connections through untouched.'
      );
  }
}

type Kind<K extends Reach['kind']> = Extract<Reach, { kind: K }>;

const ABOUT_CERTIFICATE = ['chain-untrusted', 'incomplete-chain', 'name-mismatch', 'expired', 'not-yet-valid'] as const;
type CertificateFault = Kind<(typeof ABOUT_CERTIFICATE)[number]>;

const isAboutCertificate = (reach: Reach): reach is CertificateFault => ABOUT_CERTIFICATE.some((kind) => kind === reach.kind);

function describeCertificate(reach: CertificateFault, where: string, hostname: string): string {
  switch (reach.kind) {
    case 'chain-untrusted':
      return describeUntrusted(reach, where);
    case 'incomplete-chain':
      return (
        `The certificate at ${where} was signed by ${reach.issuer}, which is no trusted root and which the server does ` +
        'not send along: if that is an intermediate of a public authority, put its certificate after the server’s own in ' +
        'tls.crt of the Secret; if it is an authority of your own, use a cert-manager issuer with a public one, since Meta ' +
        'trusts no other.'
      );
    case 'name-mismatch':
      return (
        `The certificate at ${where} is for ${describeNames(reach.names)}, and Meta calls ${hostname}: add that name to ` +
        'dnsNames of the Certificate, and check that DNS leads to this gateway and not to another server.'
      );
    case 'expired':
      return (
        `The certificate of ${reach.subject} at ${where} expired at ${reach.notAfter}: see why it was not renewed with ` +
        '“kubectl describe certificate”, or put a new one into the Secret.'
      );
    case 'not-yet-valid':
      return (
        `The certificate of ${reach.subject} at ${where} is not valid before ${reach.notBefore}: wait until then or issue it ` +
        'anew, and check the clocks of the cluster’s nodes and of the issuer.'
      );
  }
}

function describeOk({ protocol, issuer, notAfter, requestsClientCertificate }: Kind<'ok'>, where: string): string {
  const answers = `${where} answers ${protocol} with a certificate by ${issuer} that is valid until ${notAfter}`;
  if (!requestsClientCertificate) return `${answers}.`;
  return `${answers}; it asks for a client certificate, which Meta has advised against: turn off that request there.`;
}

function describeMissingName(code: string, hostname: string): string {
  if (code === 'ENOTFOUND' || code === 'ENODATA') {
    return (
      `${hostname} has no address in DNS, so Meta cannot find the gateway: make an A or AAAA record with the external address ` +
      'of the gateway’s Service, by hand or with external-dns.'
    );
  }
  return (
    `${hostname} could not be looked up (${code}): check the cluster’s DNS and the name servers of the domain; ` +
    'the next check looks it up again.'
  );
}

const ATTEMPTS: Readonly<Record<string, string>> = { ECONNREFUSED: 'refuses', ETIMEDOUT: 'does not answer' };

const describeAttempt = ({ address, code }: Attempt): string => `${address} ${ATTEMPTS[code] ?? `cannot be reached (${code})`}`;

function describeNotTls(answer: Kind<'not-tls'>['answer'], where: string): string {
  switch (answer) {
    case 'silence':
      return (
        `${where} takes connections and then says nothing: check that the port leads to the gateway’s TLS port, ` +
        'and that its proxy pods are ready.'
      );
    case 'closed':
      return (
        `${where} takes connections and closes them in the TLS handshake: check that the load balancer has ready proxy pods ` +
        'behind it, and that both sides agree on the PROXY protocol.'
      );
    case 'plain-text':
      return (
        `${where} does not speak TLS, and Meta speaks nothing else: let the port lead to the gateway’s TLS port, ` +
        'and let nothing on the way end TLS.'
      );
  }
}

function describeUntrusted({ issuer, selfSigned, code }: Kind<'chain-untrusted'>, where: string): string {
  const use = 'use a cert-manager issuer with a public authority, such as Let’s Encrypt';
  if (selfSigned) return `The certificate at ${where} is self-signed, and Meta trusts only public authorities: ${use}.`;
  // As Let's Encrypt's test environment names its authorities: a common first step with cert-manager.
  if (/\bstaging\b/i.test(issuer)) {
    return (
      `The certificate at ${where} comes from ${issuer}, a test authority that Meta does not trust: ` +
      'point the cert-manager issuer at the authority’s production address.'
    );
  }
  return (
    `The certificate at ${where} leads to ${issuer}, which is no trusted root (${code}), ` +
    `and Meta trusts only public authorities: ${use}.`
  );
}

const NAMES_SHOWN = 5;

function describeNames(names: readonly string[]): string {
  const rest = names.length - NAMES_SHOWN;
  return names.slice(0, NAMES_SHOWN).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
