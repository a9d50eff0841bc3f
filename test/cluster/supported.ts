// SPDX-License-Identifier: Apache-2.0

/** Why the cluster cannot run on this machine, as a sentence, or undefined where it can. */
export function unsupported(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return `The test cluster needs Linux on x64; this is ${process.platform} on ${process.arch}.`;
  }
  if (process.getuid?.() !== 0) {
    return 'The test cluster makes network namespaces, cgroups and containers: run the command as root.';
  }
  return undefined;
}
