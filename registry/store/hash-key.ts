import { parseHash, type Hash } from '../../schema/index.js';

/** A hash as a statement's argument. @throws ModcastError `hash-invalid` */
export const hashKey = (hash: Hash): Buffer => Buffer.from(parseHash(hash), 'hex');
