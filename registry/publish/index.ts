export * from './diagnose-site.js';
export * from './http-target.js';
export * from './publish.js';
export * from './publishing.js';
export * from './read-site.js';
export * from './republish.js';
export * from './target.js';
