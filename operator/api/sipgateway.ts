// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { AGE_COLUMN, READY_COLUMN, STATE_COLUMN, type KindDefinition } from './group.ts';
import { conditions, network, objectName, objectSchema, observedGeneration, patternString } from './schema.ts';

export const hostname = patternString({
  description: 'The name that Meta dials on port 5061; the certificate is issued for it.',
  pattern: '([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?',
  message: 'hostname must be a full DNS name in lower case, such as "sip.example.com", without scheme or port',
  maxLength: 253,
});

export const issuerRef = z
  .object({
    name: objectName('Name of the issuer.'),
    kind: z.enum(['Issuer', 'ClusterIssuer']).default('Issuer').meta({ description: 'Kind of the issuer.' }),
  })
  .meta({ description: 'The cert-manager issuer that signs the certificate. Meta accepts public authorities only.' });

const certificate = z
  .object({
    issuerRef,
  })
  .meta({ description: 'The certificate that Meta sees.' });

const proxy = z
  .object({
    replicas: z.int().min(1).max(20).default(1).meta({ description: 'How many proxies serve the gateway.' }),
  })
  .prefault({})
  .meta({ description: 'The SIP proxies.' });

const access = z
  .object({
    sourceNetworks: z
      .array(network)
      .min(1)
      .max(256)
      .optional()
      .meta({
        description: 'Networks that calls may come from. Left out: the networks that Meta publishes for AS32934.',
        'x-kubernetes-list-type': 'set',
      }),
  })
  .optional()
  .meta({ description: 'Who may send calls.' });

const homer = z
  .object({
    address: patternString({
      description: 'IPv4 address that takes HEP by UDP. A name would have to resolve before any media pod could start.',
      pattern: '((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])',
      message: 'homer.address must be an IPv4 address, such as "10.96.12.7": that of a Service, say',
      maxLength: 15,
    }),
    port: z.int().min(1).max(65_535).default(9060).meta({ description: 'Its port.' }),
  })
  .optional()
  .meta({ description: 'A HOMER that is sent the SIP of all calls, as traces show it, and the RTCP of both sides.' });

export const sipGatewaySpec = z
  .object({ hostname, certificate, proxy, access, homer })
  .meta({ description: 'What the gateway is to be.' });

const certificateStatus = z
  .object({
    serial: z.string().meta({ description: 'Serial number, in hexadecimal.' }),
    issuer: z.string().meta({ description: 'Who signed it.' }),
    notAfter: z.iso.datetime().meta({ description: 'When it expires.' }),
  })
  .optional()
  .meta({ description: 'The certificate issued last.' });

const proxyStatus = z
  .object({
    name: z.string().meta({ description: 'Name of the pod.' }),
    version: z.string().optional().meta({ description: 'Configuration version that its engine serves.' }),
    certificateSerial: z.string().optional().meta({ description: 'Serial of the certificate that its engine serves.' }),
    problem: z.string().optional().meta({ description: 'Why it does not serve the wanted version.' }),
  })
  .meta({ description: 'One proxy.' });

export const sipGatewayStatus = z
  .object({
    observedGeneration,
    conditions,
    address: z.string().optional().meta({ description: 'Address that the hostname must point to.' }),
    certificate: certificateStatus,
    configuration: z
      .object({
        version: z.string().meta({ description: 'Version that every proxy is to serve.' }),
        numbers: z.int().min(0).meta({ description: 'Numbers in it.' }),
      })
      .optional()
      .meta({ description: 'The configuration made from the numbers and routes.' }),
    proxies: z
      .array(proxyStatus)
      .optional()
      .meta({
        description: 'The proxies and what each serves.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      }),
    media: z
      .object({
        pod: z.string().meta({ description: 'Name of the media pod.' }),
        address: z.string().optional().meta({ description: 'Address that media flows through.' }),
      })
      .optional()
      .meta({ description: 'The media relay.' }),
  })
  .meta({ description: 'What the gateway is.' });

export const sipGateway = objectSchema('SipGateway', sipGatewaySpec, sipGatewayStatus);
export type SipGateway = z.infer<typeof sipGateway>;
export type SipGatewayStatus = z.infer<typeof sipGatewayStatus>;

export const sipGatewayDefinition: KindDefinition = {
  kind: 'SipGateway',
  plural: 'sipgateways',
  singular: 'sipgateway',
  shortName: 'sgw',
  description: 'The SIP proxies and media relays that Meta’s calls arrive at.',
  rules: [
    {
      rule: "self.metadata.name.matches(r'^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$')",
      message:
        'the name of a SipGateway becomes part of Service and pod names: at most 40 lower-case letters, digits and dashes, beginning with a letter',
    },
  ],
  columns: [
    { name: 'Hostname', type: 'string', jsonPath: '.spec.hostname', description: 'The name that Meta dials.' },
    { name: 'Address', type: 'string', jsonPath: '.status.address', description: 'Where the name must point to.' },
    READY_COLUMN,
    STATE_COLUMN,
    {
      name: 'Version',
      type: 'string',
      jsonPath: '.status.configuration.version',
      description: 'Configuration version wanted.',
      priority: 1,
    },
    AGE_COLUMN,
  ],
};
