/** Devices, with any extension: `nul`, `com1.js`. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?$/i;

/**
 * Why a path must not reach the file system of Windows, where it would name another file, a device, a drive
 * or a stream; undefined when it may. Other systems take all of these as names.
 */
export function windowsNameProblem(path: string): string | undefined {
  if (path.includes('\\')) return 'it has a backslash';
  if (/[<>:"|?*]/.test(path)) return 'it has a character that Windows reserves';
  for (const segment of path.split('/')) {
    if (/[. ]$/.test(segment)) return 'a name ends with a dot or a space';
    if (DEVICE.test(segment)) return 'it names a device';
  }
  return undefined;
}
