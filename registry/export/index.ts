export * from './export-deploy.js';
export * from './export-static.js';
