import { beforeEach, describe, expect, test } from "vitest";
import { type BrokerImage, MetadataImage } from "../../src/cluster/image.ts";
import { describeClusterHandler } from "../../src/handlers/describe-cluster.ts";
import { describeLogDirsHandler } from "../../src/handlers/describe-log-dirs.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { describeCluster } from "../../src/protocol/generated/describe-cluster.ts";
import { describeLogDirs } from "../../src/protocol/generated/describe-log-dirs.ts";
import { wanted } from "../cluster/support.ts";
import { ask, fill, type May, type SmallBroker, showing, smallBroker } from "./support.ts";

let broker: SmallBroker;

beforeEach(async () => {
  broker = await smallBroker();
});

describe("DescribeCluster", () => {
  function withDeadBroker(): SmallBroker {
    const brokers = [1, 2, 3].map((id): [number, BrokerImage] => {
      const endpoint = { host: `b${id}`, port: 9092, securityProtocol: "PLAINTEXT" };
      const endpoints = new Map(id === 2 ? [] : [["PLAINTEXT", endpoint]]);
      return [id, { id, epoch: id, rack: `r${id}`, endpoints, fenced: id === 1 }];
    });
    const image = MetadataImage.empty("c").derive(1, { brokers: new Map(brokers) });
    return showing(broker, image);
  }

  const ids = async (includeFencedBrokers: boolean) => {
    const request = { includeClusterAuthorizedOperations: false, includeFencedBrokers };
    const options = { broker: withDeadBroker(), version: 2 };
    const answer = await ask(describeClusterHandler, describeCluster, request, options);
    return answer.brokers.map(({ brokerId, isFenced }) => [brokerId, isFenced]);
  };

  test("fenced brokers are told only if asked for, others only on their listener", async () => {
    expect(await ids(false)).toEqual([[3, false]]);
    expect(await ids(true)).toEqual([
      [1, true],
      [3, false],
    ]);
  });

  test("a controller that this listener does not show is not named", async () => {
    const request = { includeClusterAuthorizedOperations: false };

    const answer = await ask(describeClusterHandler, describeCluster, request, {
      broker: withDeadBroker(),
    });

    expect(answer.controllerId).toBe(-1);
  });

  test("who may not see the cluster may do nothing to it", async () => {
    const request = { includeClusterAuthorizedOperations: true };

    const answer = await ask(describeClusterHandler, describeCluster, request, {
      broker,
      may: (operation) => operation !== "describe",
    });

    expect(answer.clusterAuthorizedOperations).toBe(0);
  });
});

describe("DescribeLogDirs", () => {
  beforeEach(async () => {
    await broker.controller.createTopics([wanted("a", { numPartitions: 2 }), wanted("b")]);
    await fill(broker, "b", 3);
  });

  const sizes = async (
    topics: readonly { topic: string; partitions: readonly number[] }[] | null,
    may?: May,
  ) => {
    const options = { broker, version: 5, ...(may && { may }) };
    return ask(describeLogDirsHandler, describeLogDirs, { topics }, options);
  };

  test("null asks for everything, an empty list for the directories alone", async () => {
    const [all, none] = [await sizes(null), await sizes([])];

    expect(
      all.results[0]?.topics.map(({ name, partitions }) => [
        name,
        partitions.map(({ partitionSize }) => partitionSize),
      ]),
    ).toEqual([
      ["a", [0, 0]],
      ["b", [broker.services.partitions.get("b", 0)?.sizeInBytes]],
    ]);
    expect(all.results[0]?.topics[1]?.partitions[0]?.partitionSize).toBeGreaterThan(61);
    expect(none.results).toMatchObject([{ logDir: "/data", totalBytes: -1, topics: [] }]);
  });

  test("what this broker does not hold is left out, what is asked for twice comes once", async () => {
    const { results } = await sizes([
      { topic: "a", partitions: [1, 9, 1] },
      { topic: "a", partitions: [1] },
      { topic: "nowhere", partitions: [0] },
    ]);

    expect(results[0]?.topics).toMatchObject([{ name: "a", partitions: [{ partitionIndex: 1 }] }]);
    expect(results[0]?.topics[0]?.partitions).toHaveLength(1);
  });

  test("without the right to look at the cluster there is nothing but the error", async () => {
    const answer = await sizes(null, () => false);

    expect(answer).toMatchObject({
      errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
      results: [],
    });
  });
});
