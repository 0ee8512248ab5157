import { userInfo } from 'node:os';

/** The name of the user that runs this process. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // In a container, the user may have a number and no name.
    return 'unknown';
  }
}
