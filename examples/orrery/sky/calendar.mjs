/** Time as astronomers count it: in days, without months. */

const UNIX_EPOCH = 2440587.5;
const J2000 = 2451545;
const DAY = 86_400_000;

/** The Julian day now, or of a time in milliseconds since 1970. */
export const julianDay = (milliseconds = Date.now()) => milliseconds / DAY + UNIX_EPOCH;

/** Julian centuries since noon of 1 January 2000. */
export const centuries = (day) => (day - J2000) / 36525;

const written = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
});

/** '14 March 2027' */
export const dateOf = (day) => written.format((day - UNIX_EPOCH) * DAY);
