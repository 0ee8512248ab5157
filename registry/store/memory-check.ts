import { manifestBytes } from '../../schema/index.js';
import { manifestOf, type State } from './memory-state.js';
import type { Methods } from './methods.js';
import { VERIFY_PAGE_BYTES, type CheckStore } from './store.js';

export function memoryCheck(state: State): Methods<CheckStore> {
  return {
    verifyPage(after, limit) {
      const page = [];
      let size = 0;
      let next: number | null = null;
      for (const { id, blob } of state.blobs.values()) {
        if (id <= after) continue;
        if (page.length >= limit || size >= VERIFY_PAGE_BYTES) break;
        page.push({ hash: blob.hash, bytes: Uint8Array.from(blob.bytes) });
        size += blob.bytes.length;
        next = id;
      }
      return { blobs: page, next };
    },
    check(hasher) {
      const problems: string[] = [];
      for (const { deploy } of state.deploys.values()) {
        const found = hasher(manifestBytes(manifestOf(state, deploy.number)!));
        if (found === deploy.manifest) continue;
        problems.push(`the manifest of deploy ${deploy.number} is ${found}, not ${deploy.manifest}`);
      }
      return problems;
    },
  };
}
