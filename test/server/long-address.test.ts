import { expect, test } from "vitest";
import { longAddress } from "../../src/server/connection.ts";

// What Java's InetAddress.getHostAddress says, which is what Kafka tells of members and matches clients by.
test.each([
  ["127.0.0.1", "127.0.0.1"],
  ["::1", "0:0:0:0:0:0:0:1"],
  ["::", "0:0:0:0:0:0:0:0"],
  ["2001:db8::", "2001:db8:0:0:0:0:0:0"],
  ["2001:db8::8:800:200c:417a", "2001:db8:0:0:8:800:200c:417a"],
  ["fe80::1%eth0", "fe80:0:0:0:0:0:0:1"],
  ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
  ["", ""],
])("the address %s is told as %s", (address, told) => {
  expect(longAddress(address)).toBe(told);
});
