// SPDX-License-Identifier: Apache-2.0

/** The system's name of an error, as ENOENT; undefined for other errors. */
export function errnoOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
