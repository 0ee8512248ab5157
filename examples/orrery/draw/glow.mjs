/** A soft light: a disc that fades from the centre. */
export function drawGlow(ctx, x, y, r, palette, strength = 1) {
  const glow = ctx.createRadialGradient(x, y, 0, x, y, r);
  glow.addColorStop(0, palette.sun(0.75 * strength));
  glow.addColorStop(0.1, palette.accent(0.34 * strength));
  glow.addColorStop(0.18, palette.accent(0.15 * strength));
  glow.addColorStop(0.4, palette.accent(0.05 * strength));
  glow.addColorStop(1, palette.accent(0));
  ctx.fillStyle = glow;
  ctx.fillRect(x - r, y - r, 2 * r, 2 * r);
}
