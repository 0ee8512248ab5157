export * from './export.js';
export * from './export-static.js';
