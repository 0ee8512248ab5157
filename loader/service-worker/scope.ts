/** What the service worker uses of its global scope. The types of workers do not go with those of pages. */

export interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

export interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  /** Of the page or worker that makes the request; empty for a navigation. */
  readonly clientId: string;
  /** Of the page or worker that the answer becomes; empty for all other requests. */
  readonly resultingClientId: string;
  /** The answer to a navigation that the browser has requested while this worker started. */
  readonly preloadResponse?: Promise<Response | undefined>;
  respondWith(response: Promise<Response>): void;
}

export interface MessageFromPage extends ExtendableEvent {
  readonly data: unknown;
  readonly source: { readonly id: string } | null;
  readonly ports: readonly MessagePort[];
}

/** The event of an installation. Routes are new: not every browser has them. */
export interface InstallEvent extends ExtendableEvent {
  addRoutes?(routes: readonly object[]): Promise<void>;
}

/** A page or worker. */
export interface Client {
  readonly id: string;
  readonly url: string;
}

export interface ServiceWorkerScope {
  readonly location: { readonly href: string };
  readonly clients: {
    claim(): Promise<void>;
    get(id: string): Promise<Client | undefined>;
    matchAll(options: {
      readonly includeUncontrolled: boolean;
      readonly type: 'all';
    }): Promise<readonly Client[]>;
  };
  readonly registration: {
    unregister(): Promise<boolean>;
    readonly navigationPreload?: { enable(): Promise<void> };
  };
  /** Only Chromium has it. */
  readonly InstallEvent?: unknown;
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install', listener: (event: InstallEvent) => void): void;
  addEventListener(type: 'activate', listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
  addEventListener(type: 'message', listener: (event: MessageFromPage) => void): void;
}
