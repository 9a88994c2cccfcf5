import { randomUuid } from "../../protocol/uuid.ts";

/** A random (version 4) UUID in the form that Java prints, made of 122 bits of `random` (0 ≤ r < 1). */
export function randomUuidText(random: () => number): string {
  const hex = (digits: number) =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, "0");
  const variant = (8 + Math.floor(random() * 4)).toString(16);
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(6)}${hex(6)}`;
}

/** A random id in the form that Kafka prints, 22 characters of base64url, made of `random` (0 ≤ r < 1). */
export function randomKafkaUuid(random: () => number): string {
  const byte = () => Math.floor(random() * 256);
  return randomUuid((size) => Buffer.from(Array.from({ length: size }, byte)));
}
