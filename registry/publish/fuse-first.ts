import type { FuseTarget } from '../fuse/fuser.js';
import type { PublishService } from './publish-service.js';
import type { Served } from '../transform/served-store.js';
import type { PublishTarget } from './publish-target.js';

/**
 * A store to publish to, where the modules are joined before the deploy becomes the head. A failure to join
 * them never fails the publish: then pages load single modules.
 */
export const fuseFirst = (
  service: PublishService,
  served: Pick<Served, 'serve'>,
  fuse: (target: FuseTarget) => Promise<unknown>,
  onFailed: (error: unknown) => void,
): PublishTarget => ({
  plan: (proposal) => service.plan(proposal),
  put: (lease, blobs) => service.put(lease, blobs),
  async commit(lease) {
    const { manifest, hash } = service.manifestOf(lease);
    try {
      const site = await served.serve(manifest, hash, service.channelOf(lease));
      await fuse({ deploy: { manifest: site.hash }, manifest: site.manifest });
    } catch (error) {
      onFailed(error);
    }
    return service.commit(lease);
  },
});
