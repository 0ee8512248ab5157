export * from './diagnose-site.js';
export * from './http-target.js';
export * from './publish-plan.js';
export * from './publish-service.js';
export * from './publish-site.js';
export * from './publish-target.js';
export * from './read-site.js';
export * from './republish.js';
