# SPDX-License-Identifier: Apache-2.0
# Operator, agent and command line, bundled: no npm, no packages.   npm run build && docker build -f media/images/trunkline.Dockerfile dist
FROM docker.io/library/node:24-trixie-slim AS node

FROM docker.io/library/debian:trixie-slim
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY package.json operator.js agent.js trunkline.js /app/
USER 65532:65532
# Of the memory that the pod may have, the heap may take most: by itself Node takes half.
CMD ["node", "--max-old-space-size-percentage=75", "/app/operator.js"]
