export * from './repair-source.js';
export * from './verify.js';
