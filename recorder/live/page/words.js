// Formats times, durations and sizes. Times are microseconds since 1970, durations microseconds.

const two = (number) => `${number}`.padStart(2, '0');

const rounded = (number, unit) => Math.floor((number + unit / 2) / unit);

/**
 * A duration: `0.4 ms`, `12 ms`, `1.2 s`, `3 min`, `5 h`, rounded as the recorder does it elsewhere, a half up.
 * @param {number} took
 * @returns {string}
 */
export function lasting(took) {
  if (took < 1e4) return `${(rounded(took * 10, 1e3) / 10).toFixed(1)} ms`;
  if (rounded(took, 1e3) < 1000) return `${rounded(took, 1e3)} ms`;
  if (took < 1e7) return `${(rounded(took * 10, 1e6) / 10).toFixed(1)} s`;
  if (took < 12e7) return `${rounded(took, 1e6)} s`;
  return took < 72e8 ? `${rounded(took, 6e7)} min` : `${rounded(took, 36e8)} h`;
}

/**
 * An age, to the second: `12 s`, `3:05 min`, `2 h 10 min`, `3 d 4 h`.
 * @param {number} age
 * @returns {string}
 */
export function ageing(age) {
  const seconds = Math.max(0, Math.floor(age / 1e6));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)} min`;
  const hours = Math.floor(seconds / 3600);
  return hours < 48 ? `${hours} h ${Math.floor((seconds % 3600) / 60)} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/**
 * A time of day, in local time: `19:33:08.220`.
 * @param {number} time
 * @returns {string}
 */
export function clock(time) {
  const date = new Date(Math.floor(time / 1000));
  const thousandth = `${date.getMilliseconds()}`.padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${thousandth}`;
}

/**
 * The same with its date.
 * @param {number} time
 * @returns {string}
 */
export function day(time) {
  const date = new Date(Math.floor(time / 1000));
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(time)}`;
}

/**
 * The time of a row.
 * @param {number} time 0 if unknown
 * @param {'clock' | 'begin' | 'before'} mode time of day, since the beginning of the capture, or since the previous row
 * @param {number} since the time that the last two count from; 0 if unknown
 * @returns {string}
 */
export function stamp(time, mode, since) {
  if (!time) return '';
  if (mode === 'clock') return clock(time);
  if (!since) return '';
  const passed = (time - since) / 1e6;
  const sign = passed < 0 ? '−' : '+';
  const seconds = Math.abs(passed);
  if (mode === 'begin' && seconds >= 3600) {
    return `${sign}${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(Math.floor(seconds % 60))}`;
  }
  return `${sign}${seconds.toFixed(mode === 'begin' ? 3 : seconds < 1 ? 4 : 2)} s`;
}

/**
 * A size: `457 B`, `12 KB`, `3.4 MB`.
 * @param {number} bytes
 * @returns {string}
 */
export function size(bytes) {
  if (bytes < 10_000) return `${bytes.toLocaleString('en')} B`;
  if (bytes < 1e6) return `${(bytes / 1000).toFixed(0)} KB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/**
 * A count with thousands separators: `12,345`.
 * @param {number} number
 * @returns {string}
 */
export const count = (number) => number.toLocaleString('en');

/**
 * A count with its noun: `1 call`, `2 calls`.
 * @param {number} number
 * @param {string} what
 * @returns {string}
 */
export const many = (number, what) => `${count(number)} ${what}${number === 1 ? '' : 's'}`;
