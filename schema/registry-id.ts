/**
 * The identity of a registry, 32 lower-case hex digits: made at random with its store, and never changed.
 * Browsers keep what each registry sent apart, because one origin may serve another site tomorrow.
 */
export type RegistryId = string;

const REGISTRY_ID = /^[\da-f]{32}$/;

export function isRegistryId(text: unknown): text is RegistryId {
  return typeof text === 'string' && REGISTRY_ID.test(text);
}

/** In the built loader. A registry replaces it with its identity. */
export const REGISTRY_PLACEHOLDER = '%modcast-registry%';
