const LEAST_PLAIN = 1e-3;
const FIRST_SCIENTIFIC = 1e7;

/** A number as Java prints a double: `50.0`, `1.0E8`. */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size === 0 || (size >= LEAST_PLAIN && size < FIRST_SCIENTIFIC)) {
    return withFraction(String(value));
  }
  const [digits = "", exponent = ""] = value.toExponential().split("e");
  return `${withFraction(digits)}E${Number(exponent)}`;
}

function withFraction(digits: string): string {
  return digits.includes(".") ? digits : `${digits}.0`;
}
