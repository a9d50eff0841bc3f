// SPDX-License-Identifier: Apache-2.0
// Ends with 0 once a DNS server gives the addresses of all names asked for. Run inside the network that
// reaches the server, as: dnsprobe.ts SERVER SECONDS NAME...
import { Resolver } from 'node:dns/promises';
import { until } from './wait.ts';

const [server = '', seconds = '', ...names] = process.argv.slice(2);
for (const name of names) {
  await until(`${server} to know ${name}`, Number(seconds), async () => {
    const resolver = new Resolver({ timeout: 500, tries: 1 });
    resolver.setServers([server]);
    return (await resolver.resolve4(name)).length > 0;
  });
}
