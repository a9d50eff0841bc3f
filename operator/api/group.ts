// SPDX-License-Identifier: Apache-2.0
export const GROUP = 'trunkline.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;

/** Everything that a CustomResourceDefinition says beside its schema. */
export interface KindDefinition {
  kind: string;
  plural: string;
  singular: string;
  shortName: string;
  description: string;
  /** Rules over the whole object, such as its name. */
  rules: { rule: string; message: string }[];
  columns: { name: string; type: 'string' | 'integer' | 'date'; jsonPath: string; description: string; priority?: number }[];
}

const READY = '.status.conditions[?(@.type=="Ready")]';

export const READY_COLUMN = {
  name: 'Ready',
  type: 'string',
  jsonPath: `${READY}.status`,
  description: 'Whether everything works.',
} as const;

export const STATE_COLUMN = {
  name: 'State',
  type: 'string',
  jsonPath: `${READY}.message`,
  description: 'What works, or what is missing and where.',
} as const;

export const AGE_COLUMN = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Time since the object was made.',
} as const;
