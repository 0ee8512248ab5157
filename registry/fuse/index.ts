export * from './fuse-manifest.js';
export type { FusedDeploy } from './fuser.js';
