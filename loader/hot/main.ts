import type { CreateHot } from '../boot/hot-loader.js';
import { createHot } from './hot.js';

const create: CreateHot = (given) =>
  createHot({
    ...given,
    announce(deploy, paths, workers) {
      let prevented = false;
      given.events.emit('update', { deploy, paths, workers, preventDefault: () => void (prevented = true) });
      return !prevented;
    },
    moved: (release) => given.page.move(release),
  });

globalThis.__modcast_part__ = create;
