// SPDX-License-Identifier: Apache-2.0
/** Meta's words, who must act, what, where, how long. */
export const SENTENCE = /^Meta says: .+\. (?:You|Meta|An administrator of the business): .{10,} \(.+\)\. Usually takes .+$/;
