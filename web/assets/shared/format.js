/** Numbers with their units, times with their zones. */

const LOCALE = "en-GB";

/**
 * The zone that times are shown in: the reader's own. Where the browser does not know it, or knows it as a mere distance
 * from UTC, which names no zone, it is UTC.
 */
export const ZONE = named(Intl.DateTimeFormat().resolvedOptions().timeZone);

function named(zone) {
  return /^[A-Z]/i.test(zone ?? "") && zone !== "Etc/Unknown" ? zone : "UTC";
}

const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const momentFormat = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short", timeZone: ZONE,
});
const clockFormat = new Intl.DateTimeFormat(LOCALE, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short", timeZone: ZONE,
});
// Calendar days come without a zone; they are read and shown in the same one, so that none shifts.
const dayFormat = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", timeZone: "UTC" });
const longDayFormat = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const dayOfFormat = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric", timeZone: ZONE, timeZoneName: "short" });
const secondFormat = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: ZONE });

export const number = (value) => whole.format(value);
export const moment = (text) => momentFormat.format(new Date(text));
export const clock = (text) => clockFormat.format(new Date(text));
export const day = (text) => dayFormat.format(new Date(`${text}T00:00:00Z`));
export const longDay = (text) => longDayFormat.format(new Date(`${text}T00:00:00Z`));
/** A calendar day that the server counts in UTC. */
export const utcDay = (text) => `${longDay(text)} UTC`;
/** The day of a moment, in the reader's zone. */
export const dayOf = (text) => dayOfFormat.format(new Date(text)).replace(/,(?= \S+$)/, "");
/** A moment's time of day, for where the zone is said once. */
export const second = (text) => secondFormat.format(new Date(text));
/** In which zone times or days are, as the end of a sentence. */
export const inWords = (zone) => (zone === "UTC" ? "in UTC" : `in ${zone} time`);
export const percent = (share) => `${Math.round(share * 100)} %`;

/** What a conversation is about, as a title. */
export const title = (topic) => (topic ? topic.charAt(0).toLocaleUpperCase("en") + topic.slice(1) : "Free talk");

/** `1 student`, `2 students`. */
export function count(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** Seconds as people say them: the two largest units. */
export function duration(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 ? `${number(hours)} h ${minutes % 60} min` : `${number(hours)} h`;
}

/** Milliseconds, from one second on in seconds. */
export function milliseconds(value) {
  if (value === null || value === undefined) return "–";
  // The database's own times have fractions.
  if (value < 10 && !Number.isInteger(value)) return `${value.toFixed(1)} ms`;
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(2)} s`;
}

/** Bytes in the largest fitting unit. */
export function bytes(value) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const unit = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** unit;
  return `${scaled < 10 && unit > 0 ? scaled.toFixed(1) : Math.round(scaled)} ${units[unit]}`;
}

/** US dollars, with as many digits as say something. */
export function dollars(value) {
  return `$${value === 0 || value >= 0.1 ? value.toFixed(2) : value.toFixed(4)}`;
}

/** What `ask` gives for the reader's zone; for UTC where the server does not know that zone. Gives the zone as well. */
export async function inZone(ask) {
  try {
    return { zone: ZONE, answer: await ask(ZONE) };
  } catch (failure) {
    if (failure.status !== 422 || ZONE === "UTC") throw failure;
    return { zone: "UTC", answer: await ask("UTC") };
  }
}
