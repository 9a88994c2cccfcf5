import { line, type Story } from "../story.ts";

const unordered = { isUnordered: true };

/** A group on its way from the classic to the consumer protocol, while its members move partitions. */
export const mixed: Story = {
  name: "mixed",
  steps: [
    line("topics --create --topic orders --partitions 3"),
    {
      join: {
        group: "mixed",
        protocol: "classic",
        clientId: "old",
        topic: "orders",
        partitions: [0, 1, 2],
      },
    },
    {
      join: {
        group: "mixed",
        protocol: "consumer",
        clientId: "new",
        topic: "orders",
        partitions: [],
        isWaiting: true,
      },
    },
    line("groups --list --state --type"),
    line("groups --describe --group mixed"),
    line("groups --describe --group mixed --members", unordered),
    line("groups --describe --group mixed --members --verbose", unordered),
    line("groups --describe --group mixed --state"),
    line("groups --describe --group mixed --state --verbose"),
    line("groups --reset-offsets --group mixed --topic orders --to-latest --execute"),
    line("groups --delete --group mixed"),
    line("topics --list --command-config {settings}", {
      files: { settings: "client.id=tester\nrequest.timeout.ms=20000\n" },
    }),
    line("configs --describe --broker-defaults --command-config {settings}", {
      files: { settings: "client.id=tester\n" },
    }),
  ],
};
