import type { Path } from '../../schema/index.js';

/** Sources that are TypeScript or have JSX. Declarations have no code. */
export const isTypeScript = (path: Path): boolean =>
  /\.(?:[mt]ts|[tj]sx|ts)$/.test(path) && !isDeclaration(path);

export const isDeclaration = (path: Path): boolean => /\.d\.(?:[^/]+\.)?[mc]?ts$/.test(path);

/** Bytes that tell a stream from a source. */
export const STREAM_BYTES = 189;

/** Whether a file is a video and no source: a segment of an MPEG-2 transport stream is `.ts`, too. */
export const isTransportStream = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x47 && (bytes.length < 189 ? bytes.includes(0) : bytes[188] === 0x47);
