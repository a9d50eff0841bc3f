// SPDX-License-Identifier: Apache-2.0
// What the "restricted" Pod Security Standard asks of every pod.

/** Debian's and distroless' customary id for "nobody in particular". */
export const USER = 65532;

export const POD_SECURITY = {
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  fsGroup: USER,
  seccompProfile: { type: 'RuntimeDefault' },
} as const;

export const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
} as const;
