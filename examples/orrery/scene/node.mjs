/**
 * The scene is a tree of plain objects:
 *   { paint?(ctx), children?, depth?(), hidden? }
 * A node is painted before its children. Children that have a `depth` are painted from the
 * farthest to the nearest, as painters do.
 */
export function paint(node, ctx) {
  if (node.hidden) return;
  node.paint?.(ctx);
  if (node.children)
    for (const child of node.sorted ? farthestFirst(node.children) : node.children) paint(child, ctx);
}

export const group = (...children) => ({ children });

/** A group whose children stand before and behind each other. */
export const crowd = (...children) => ({ children, sorted: true });

/** Sorted in place by insertion: between two frames hardly anything changes its turn. */
function farthestFirst(nodes) {
  for (const node of nodes) node.at = node.depth();
  for (let i = 1; i < nodes.length; i++) {
    const node = nodes[i];
    let j = i;
    for (; j > 0 && nodes[j - 1].at > node.at; j--) nodes[j] = nodes[j - 1];
    nodes[j] = node;
  }
  return nodes;
}
