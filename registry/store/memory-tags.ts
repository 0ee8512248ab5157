import { byCodeUnit } from '../../schema/index.js';
import { deployUnknown, tagExists, tagIsChannel } from './changes.js';
import type { State } from './memory-state.js';
import type { Methods } from './methods.js';
import type { TagStore } from './store.js';

export function memoryTags({ tags, deploys, lines }: State): Methods<TagStore> {
  return {
    putTag({ name, deploy, time, author, message }, { force = false } = {}) {
      const old = tags.get(name);
      if (!deploys.has(deploy)) throw deployUnknown(deploy);
      if (lines.has(name)) throw tagIsChannel(name);
      if (old !== undefined && !force) throw tagExists(old);
      tags.set(name, { name, deploy, time, author, message });
      return old ?? null;
    },
    tags: () => [...tags.values()].toSorted((a, b) => byCodeUnit(a.name, b.name)),
    deleteTag(name) {
      const old = tags.get(name);
      tags.delete(name);
      return old ?? null;
    },
  };
}
