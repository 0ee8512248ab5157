export * from './export.js';
export * from './export-static.js';
export * from './git-import.js';
export * from './repair-source.js';
export * from './verify.js';
