/** Each abuse with the answers that it may get: statuses, close codes, or words. */
export const ABUSES: {
  readonly [name: string]: { readonly answers: readonly (number | string)[] };
};
