// Values as people read them.

/** `1536` -> `1.5 KB`. */
export function bytes(count) {
  const units = ["B", "KB", "MB", "GB"];
  let unit = 0;
  while (count >= 1000 && unit < units.length - 1) {
    count /= 1000;
    unit += 1;
  }
  return `${unit === 0 || count >= 100 ? Math.round(count) : count.toFixed(1)} ${units[unit]}`;
}

/** Milliseconds since 1970 -> the time of day, with the date when it is not today. */
export function moment(milliseconds) {
  const date = new Date(milliseconds);
  const time = date.toLocaleTimeString();
  return date.toDateString() === new Date().toDateString() ? time : `${date.toLocaleDateString()} ${time}`;
}

/** `3 objects`, `1 object`. */
export function count(number, noun, many = `${noun}s`) {
  return `${number} ${number === 1 ? noun : many}`;
}

/** `0.4` -> `0.4 ms`, `1234` -> `1.2 s`. */
export function duration(milliseconds) {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}

/** A bucket's name without the account and region that make it unique. */
export function shortName(bucket, state) {
  const [start, region] = bucket.split(`-${state.account}-`);
  return region && /^[a-z]{2}(-[a-z]+)+-\d$/.test(region) ? start : bucket;
}
