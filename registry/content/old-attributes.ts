/** Import attributes before they had the keyword `with`. They begin on the line of the specifier. */
const ASSERT = /^(?:[^\S\n\r\u2028\u2029]|\/\*(?:[^*\n\r\u2028\u2029]|\*(?!\/))*\*\/)*assert(?![\w$])/;

/**
 * Whether import attributes begin with `assert`, which some browsers know and others do not.
 *
 * @param text what follows the specifier
 */
export const beginsWithAssert = (text: string): boolean => ASSERT.test(text);
