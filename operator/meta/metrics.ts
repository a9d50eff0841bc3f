// SPDX-License-Identifier: Apache-2.0
import { Counter, type Registry } from '@prometheus-io/client';
import type { RequestObserver } from './transport.ts';

/** Counts requests to Meta by what was asked for and how it ended. */
export function metaMetrics(registry: Registry): RequestObserver {
  const requests = new Counter({
    name: 'trunkline_meta_requests_total',
    help: 'Requests to the Graph API, by endpoint and HTTP status; none where there was no answer',
    labelNames: ['endpoint', 'outcome'],
    registers: [registry],
  });
  return (endpoint, outcome) => requests.inc({ endpoint, outcome });
}
