import { Command } from 'commander';
import { resolveDeploy } from '../../registry/history/index.js';
import { CYCLONEDX_VERSION, cycloneDx } from '../../registry/packages/cyclonedx.js';
import { deployPackages } from '../../registry/packages/deploy-packages.js';
import { EMPTY_MANIFEST } from '../../schema/index.js';
import type { Io } from '../io.js';
import { chooseChannel } from '../options/choose-channel.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { REFS_HELP } from '../options/refs.js';
import { writeJson } from '../output/json.js';
import { modcastVersion } from '../version.js';

interface SbomOptions extends DatabaseOptions {
  readonly files: boolean;
}

export function sbomCommand(io: Io): Command {
  return databaseOption(
    new Command('sbom')
      .summary("list a deploy's packages as a CycloneDX bill of materials")
      .description(
        `Prints the npm packages of a deploy as CycloneDX ${CYCLONEDX_VERSION} JSON: name, version, package URL, license, what imports what, and the BLAKE3 hashes of the files that browsers get. Only packages that the site's pages can reach are in a deploy. Deploys of earlier versions of modcast have no licenses.`,
      )
      .argument('[ref]', 'the deploy (default: the newest of production, else the newest of all)')
      .option('--no-files', 'leave out the files of packages'),
  )
    .addHelpText(
      'after',
      `${REFS_HELP}

Examples:
  modcast sbom > sbom.cdx.json
  modcast sbom production~1 --no-files`,
    )
    .action((ref: string | undefined, options: SbomOptions) => sbom(io, ref, options));
}

async function sbom(io: Io, ref: string | undefined, options: SbomOptions): Promise<void> {
  await withStore(io, options, async (store) => {
    // Without a deploy this fails: an empty file is no bill of materials.
    const chosen = ref ?? (await chooseChannel(store, undefined)) ?? 'latest';
    const deploy = await resolveDeploy(store, chosen, io.now());
    const packages = await deployPackages(store, (await store.manifest(deploy.number)) ?? EMPTY_MANIFEST);
    writeJson(io, cycloneDx(deploy, packages, { tool: modcastVersion, withFiles: options.files }));
  });
}
