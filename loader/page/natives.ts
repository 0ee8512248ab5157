/**
 * The browser's own methods, for pages that replace them. They are those of the time when the guard starts,
 * before all scripts of the page.
 */
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { ownKeys } = Reflect;

/** Globals with members that the guard uses. */
const NAMES =
  'Array,String,RegExp,Function,Object,JSON,Map,Promise,URL,CSS,EventTarget,Event,ErrorEvent,Node,NodeList,NamedNodeMap,Element,HTMLElement,HTMLScriptElement,HTMLLinkElement,HTMLBaseElement,SVGElement,Document,HTMLDocument,DOMTokenList,CSSRuleList,CSSStyleSheet,Performance,MutationObserver,MutationRecord,History';

/** Members that the language itself reads, besides those with symbols. */
const IMPLICIT =
  'constructor,next,return,then,resolve,exec,flags,hasIndices,global,ignoreCase,multiline,dotAll,unicode,unicodeSets,sticky,toString,valueOf,join,set,get,has';

interface Member {
  readonly object: object;
  readonly key: PropertyKey;
  /** Undefined for a member that the object does not have. */
  readonly descriptor: PropertyDescriptor | undefined;
}

/** The members that the guard uses, and those that would hide an inherited one. */
const saved: Member[] = [];
let areNative = false;

/**
 * Keeps the methods as they are now. Before, `withNatives` changes nothing.
 *
 * @param source of the guard: only what has a name in it is kept
 */
export function saveNatives(source: string): void {
  const words = new Set([...source.match(/[\w$]+/g)!, ...IMPLICIT.split(',')]);
  const objects = NAMES.split(',').flatMap((name) => {
    const object = (window as unknown as Record<string, { prototype?: object } | undefined>)[name];
    return object === undefined ? [] : [object, object.prototype ?? []];
  });
  for (const iterable of [[], new Map<unknown, unknown>()]) {
    objects.push(getPrototypeOf(iterable[Symbol.iterator]()) as object);
  }
  const inherited = new Map<object, ReadonlySet<PropertyKey>>();
  /** The names in use that an object has, itself or inherited. */
  const keysOf = (object: object | null): ReadonlySet<PropertyKey> => {
    if (object === null) return new Set();
    const known = inherited.get(object);
    if (known !== undefined) return known;
    const own = ownKeys(object).filter((key) => typeof key === 'symbol' || words.has(key));
    const keys = new Set([...keysOf(getPrototypeOf(object) as object | null), ...own]);
    inherited.set(object, keys);
    return keys;
  };
  for (const object of objects) {
    for (const key of keysOf(object)) {
      saved.push({ object, key, descriptor: getOwnPropertyDescriptor(object, key) });
    }
  }
}

/**
 * Runs `work` with the browser's own methods, whatever the page has put in their place. `work` must not call
 * functions of the page.
 */
export function withNatives<T>(work: () => T): T {
  if (areNative) return work();
  const replaced: Member[] = [];
  // No iterators or methods before the end of the loop.
  for (let i = 0; i < saved.length; i++) {
    const { object, key, descriptor } = saved[i]!;
    const now = getOwnPropertyDescriptor(object, key);
    if (now?.value === descriptor?.value && now?.get === descriptor?.get && now?.set === descriptor?.set)
      continue;
    if (put(saved[i]!)) replaced[replaced.length] = { object, key, descriptor: now };
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
function put({ object, key, descriptor }: Member): boolean {
  try {
    if (descriptor === undefined) delete (object as Record<PropertyKey, unknown>)[key];
    else defineProperty(object, key, descriptor);
    return true;
  } catch {
    return false;
  }
}
