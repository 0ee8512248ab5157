/**
 * The browser's own methods, for pages that replace them. They are those of the time when the guard starts,
 * before all scripts of the page.
 */
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { ownKeys } = Reflect;

/** Globals with members that the guard uses. */
const NAMES =
  'Array,String,RegExp,Function,Object,JSON,Map,Promise,URL,CSS,EventTarget,Event,ErrorEvent,Node,NodeList,NamedNodeMap,Element,HTMLElement,HTMLScriptElement,HTMLLinkElement,HTMLBaseElement,SVGElement,Document,HTMLDocument,DOMTokenList,CSSRuleList,CSSStyleSheet,Performance,MutationObserver,MutationRecord,History';

interface Saved {
  readonly object: object;
  readonly keys: readonly PropertyKey[];
  readonly descriptors: Record<PropertyKey, PropertyDescriptor>;
}

interface Change {
  readonly object: object;
  readonly key: PropertyKey;
  /** Undefined for a member that the object does not have. */
  readonly descriptor: PropertyDescriptor | undefined;
}

const saved: Saved[] = [];
let areNative = false;

function save(object: object): void {
  const descriptors = Object.create(null) as Saved['descriptors'];
  const keys = ownKeys(object);
  for (const key of keys) descriptors[key] = getOwnPropertyDescriptor(object, key)!;
  saved.push({ object, keys, descriptors });
}

/** Keeps the methods as they are now. Before, `withNatives` changes nothing. */
export function saveNatives(): void {
  for (const name of NAMES.split(',')) {
    const object = (window as unknown as Record<string, { prototype?: object } | undefined>)[name];
    if (object === undefined) continue;
    save(object);
    if (object.prototype !== undefined) save(object.prototype);
  }
  for (const iterable of [[], new Map<unknown, unknown>()]) {
    save(getPrototypeOf(iterable[Symbol.iterator]()) as object);
  }
}

/**
 * Runs `work` with the browser's own methods, whatever the page has put in their place. `work` must not call
 * functions of the page.
 */
export function withNatives<T>(work: () => T): T {
  if (areNative) return work();
  const replaced: Change[] = [];
  // No iterators or methods before the end of the loops.
  for (let i = 0; i < saved.length; i++) {
    const { object, keys, descriptors } = saved[i]!;
    const restore = (key: PropertyKey, descriptor: PropertyDescriptor | undefined) => {
      const now = getOwnPropertyDescriptor(object, key);
      if (now?.value === descriptor?.value && now?.get === descriptor?.get && now?.set === descriptor?.set)
        return;
      if (put({ object, key, descriptor })) replaced[replaced.length] = { object, key, descriptor: now };
    };
    for (let k = 0; k < keys.length; k++) restore(keys[k]!, descriptors[keys[k]!]);
    const now = ownKeys(object);
    if (now.length === keys.length) continue;
    // What hides a member of the objects that it inherits from.
    const parent = getPrototypeOf(object) as object | null;
    for (let k = 0; k < now.length; k++) {
      const key = now[k]!;
      if (descriptors[key] === undefined && parent !== null && key in parent) restore(key, undefined);
    }
  }
  areNative = true;
  try {
    return work();
  } finally {
    areNative = false;
    for (let i = replaced.length - 1; i >= 0; i--) put(replaced[i]!);
  }
}

/** False for a property that cannot be changed. */
function put({ object, key, descriptor }: Change): boolean {
  try {
    if (descriptor === undefined) delete (object as Record<PropertyKey, unknown>)[key];
    else defineProperty(object, key, descriptor);
    return true;
  } catch {
    return false;
  }
}
