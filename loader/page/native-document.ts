import { withNatives } from './natives.js';

/**
 * Members of the document, also of a page that has elements with their names: `<img name="head">` makes
 * `document.head` that image.
 */
const { apply, get } = Reflect;
const { getPrototypeOf } = Object;
const { dispatchEvent } = EventTarget.prototype;

const member = <K extends keyof Document>(name: K): Document[K] =>
  get(getPrototypeOf(document) as object, name, document) as Document[K];

export const pageBase = (): string => member('baseURI');

export const rootElement = (): HTMLElement => member('documentElement');

/** Where the first `<base>` goes. A script of the page may have removed the head. */
export const headElement = (): HTMLElement => (member('head') as HTMLHeadElement | null) ?? rootElement();

export const select = <E extends Element>(selector: string): E[] => [
  ...(apply(member('querySelectorAll'), document, [selector]) as NodeListOf<E>),
];

export const create = <K extends keyof HTMLElementTagNameMap>(name: K): HTMLElementTagNameMap[K] =>
  apply(member('createElement'), document, [name]) as HTMLElementTagNameMap[K];

export const dispatch = (target: EventTarget, event: Event): boolean => apply(dispatchEvent, target, [event]);

/** The browser's, not the one that `PageEvents` shows to the page. */
export const nativeState = (): DocumentReadyState => withNatives(() => member('readyState'));
