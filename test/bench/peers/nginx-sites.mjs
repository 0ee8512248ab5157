/** @typedef {Parameters<typeof import('../../nginx.mjs').startNginx>[0]} NginxOptions */
/** @typedef {import('../../nginx.mjs').Certificate} Certificate */

/** nginx's own list of types lacks `.mjs`. More requests a connection than its 1,000: sites have more modules. */
const HTTP = `
  types {
    text/html html; text/css css; text/javascript js mjs; application/json json;
    image/svg+xml svg; font/woff2 woff2; application/wasm wasm;
  }
  default_type application/octet-stream;
  sendfile on;
  keepalive_requests 100000;`;

/**
 * A directory over HTTP/2, with the compressed copies of files that are there. What a build puts into `assets`
 * has its hash in its name, and is immutable; the rest is revalidated.
 *
 * @param {string} directory
 * @param {Certificate} certificate
 * @returns {NginxOptions}
 */
export const staticSite = (directory, certificate) => ({
  http2: true,
  certificate,
  http: HTTP,
  locations: `
    root ${directory};
    gzip_static on;
    gzip_vary on;
    location / { add_header Cache-Control no-cache; }
    location /assets/ { add_header Cache-Control "public, max-age=31536000, immutable"; }`,
});

/**
 * A proxy with HTTP/2, as docs/behind-a-proxy.md describes it.
 *
 * @param {string} origin of the server behind it
 * @param {Certificate} certificate
 * @returns {NginxOptions}
 */
export const proxySite = (origin, certificate) => ({
  http2: true,
  certificate,
  http: 'keepalive_requests 100000;',
  locations: `
    location / {
      proxy_pass ${origin};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_read_timeout 1h;
    }`,
});
