/** Ways to get from 0 to 1. Edit one, then reload the page to see another intro. */

export const outCubic = (t) => 1 - (1 - t) ** 3;

export const inOutSine = (t) => 0.5 - Math.cos(Math.PI * t) / 2;
