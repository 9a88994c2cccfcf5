const parts = /^(\d{1,9})-(\d{1,2})-(\d{1,2})T(\d{1,2}):(\d{1,2}):(\d{1,2})\.(\d{1,3})(.+)$/;

/**
 * Reads `2026-01-02T00:00:05.000`, in UTC unless it ends with an offset or Z.
 *
 * @returns milliseconds since the epoch
 * @throws Error in Kafka's and Java's words
 */
export function parseDateTime(text: string): number {
  const [, time] = text.split("T");
  if (time === undefined || time === "") {
    const reason = "It does not contain a 'T' according to ISO8601 format";
    throw new Error(`java.text.ParseException: Error parsing timestamp. ${reason}`);
  }
  const zoned = /[+\-Z]/.test(time) ? text : `${text}Z`;
  const [, year, month, day, hour, minute, second, milliseconds, zone = ""] =
    parts.exec(zoned) ?? [];
  const numbers = [year, month, day, hour, minute, second, milliseconds].map(Number);
  const [y = Number.NaN, mo = 0, d = 0, h = 0, mi = 0, s = 0, ms = 0] = numbers;
  const at = new Date(Date.UTC(y, mo - 1, d, h, mi, s, ms));
  const offset = offsetMinutes(zone);
  // 31 February is not a date, though JavaScript would make one of it.
  const isReal = at.getUTCMonth() === mo - 1 && at.getUTCDate() === d && at.getUTCHours() === h;
  if (offset === undefined || !isReal || mi > 59 || s > 59) {
    throw new Error(`java.text.ParseException: Unparseable date: "${zoned}"`);
  }
  return at.getTime() - offset * 60_000;
}

function offsetMinutes(zone: string): number | undefined {
  if (zone === "Z") return 0;
  const [, sign, hours, minutes = "0"] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  if (sign === undefined) return undefined;
  const offset = Number(hours) * 60 + Number(minutes);
  return sign === "-" ? -offset : offset;
}

const duration =
  /^([-+]?)P(?:([-+]?\d+)D)?(T(?=.)(?:([-+]?\d+)H)?(?:([-+]?\d+)M)?(?:([-+]?\d+)(?:[.,](\d{0,9}))?S)?)?$/i;

/**
 * Reads `P1DT2H3M4.5S`, as Java's Duration does.
 *
 * @returns milliseconds, negative for a duration forward
 * @throws Error in Java's words
 */
export function parseDuration(text: string): number {
  const match = duration.exec(text);
  const [, sign, days, time, hours, minutes, seconds, fraction] = match ?? [];
  if (match === null || (days === undefined && time === undefined)) {
    throw new Error("Text cannot be parsed to a Duration");
  }
  const fractionOf = Number(`0.${fraction || "0"}`) * (seconds?.startsWith("-") ? -1 : 1);
  const total =
    ((Number(days ?? 0) * 24 + Number(hours ?? 0)) * 60 + Number(minutes ?? 0)) * 60 +
    Number(seconds ?? 0) +
    fractionOf;
  return Math.trunc(total * 1000) * (sign === "-" ? -1 : 1);
}
