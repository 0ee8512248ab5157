/** A text in single quotes, as one word of a POSIX shell. */
export const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Like `quote`, but leaves a text as it is if it needs no quotes. */
export const shellWord = (text: string): string => (/^[\w./:@%+=-]+$/.test(text) ? text : quote(text));
