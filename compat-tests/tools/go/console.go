package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

const topic = "console-topic"

var (
	cl    *kgo.Client
	admin *kadm.Client
)

// What Redpanda Console 3.9 does when it connects and for each page, with one client for all.
func main() {
	var err error
	cl, err = kgo.NewClient(
		kgo.SeedBrokers(bootstrap),
		kgo.ClientID("redpanda-console"),
		kgo.FetchMaxBytes(5*1000*1000),
		kgo.MaxConcurrentFetches(12),
		kgo.KeepControlRecords(),
		kgo.MetadataMinAge(10*time.Millisecond),
	)
	if err != nil {
		panic(err)
	}
	admin = kadm.NewClient(cl)
	clusterPages()
	topicPages()
	messagePages()
	groupPages()
	operationPages()
	play("topic: deleted", deleteTopic)
	done()
}

func clusterPages() {
	play("connect: metadata, and a guess of the version", connect)
	play("connect: which pages the cluster supports", compatibility)
	play("overview: brokers with sizes and configs", overview)
	play("brokers: sizes of what each leads", func(ctx context.Context) {
		metadata := got(admin.Metadata(ctx))
		var size int64
		for _, dir := range got(admin.DescribeAllLogDirs(ctx, nil)).Sorted() {
			must(dir.Err, "log directory "+dir.Dir)
			for name, partitions := range dir.Topics {
				for id, partition := range partitions {
					if metadata.Topics[name].Partitions[id].Leader == dir.Broker {
						size += partition.Size
					}
				}
			}
		}
		check(size > 0, "no broker leads anything")
		same(metadata.Controller, int32(1), "controller")
	})
}

func connect(ctx context.Context) {
	metadata := got(pointer(kmsg.NewMetadataRequest()).RequestWith(ctx, cl))
	check(len(metadata.Brokers) == 1 && len(metadata.Topics) >= 4, "metadata %v", metadata)
	versions := got(pointer(kmsg.NewApiVersionsRequest()).RequestWith(ctx, cl))
	must(kerr.ErrorForCode(versions.ErrorCode), "ApiVersions")
	check(kversion.FromApiVersionsResponse(versions).VersionGuess() != "", "no guess")
}

func compatibility(ctx context.Context) {
	request := kmsg.NewApiVersionsRequest()
	request.ClientSoftwareName = "RPConsole"
	request.ClientSoftwareVersion = "3.9.0"
	versions := kversion.FromApiVersionsResponse(got(request.RequestWith(ctx, cl)))
	// Pages that need others, of users and their credentials, are greyed out.
	for _, needed := range []kmsg.Request{
		&kmsg.DescribeConfigsRequest{}, &kmsg.DescribeGroupsRequest{}, &kmsg.ListGroupsRequest{},
		&kmsg.DeleteRecordsRequest{}, &kmsg.OffsetCommitRequest{}, &kmsg.DeleteGroupsRequest{},
		&kmsg.OffsetDeleteRequest{}, &kmsg.ListPartitionReassignmentsRequest{},
		&kmsg.IncrementalAlterConfigsRequest{}, &kmsg.AlterPartitionAssignmentsRequest{},
		&kmsg.DescribeClientQuotasRequest{},
	} {
		_, supported := versions.LookupMaxKeyVersion(needed.Key())
		check(supported, "%s is not supported", kmsg.NameForKey(needed.Key()))
	}
}

// overview asks four things at once, as the page does.
func overview(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 6*time.Second)
	defer cancel()
	var size int64
	var metadata *kmsg.MetadataResponse
	var version string
	var configs []kmsg.DescribeConfigsResponseResourceConfig
	together(
		func(context.Context) { size = sumOf(describeLogDirs(ctx, nil)) },
		func(context.Context) { metadata = got(pointer(kmsg.NewMetadataRequest()).RequestWith(ctx, cl)) },
		func(context.Context) {
			for _, broker := range got(admin.ApiVersions(ctx)) {
				must(broker.Err, "ApiVersions of a broker")
				version = broker.VersionGuess()
			}
		},
		func(context.Context) {
			for _, broker := range got(pointer(kmsg.NewMetadataRequest()).RequestWith(ctx, cl)).Brokers {
				name := fmt.Sprint(broker.NodeID)
				configs = describeConfigs(ctx, kmsg.ConfigResourceTypeBroker, []string{name}, nil)[name]
			}
		},
	)
	check(size > 0, "no size")
	check(version != "", "no version")
	same(metadata.ControllerID, int32(1), "controller")
	check(len(configs) > 100, "%d configs", len(configs))
	for _, config := range configs {
		check(config.Documentation != nil, "%s has no documentation", config.Name)
		check(config.Source != kmsg.ConfigSourceUnknown, "%s has no source", config.Name)
	}
}

// together runs all at once; the first that fails makes the page fail.
func together(works ...func(context.Context)) {
	reasons := make([]string, len(works))
	var group sync.WaitGroup
	for index, work := range works {
		group.Go(func() { reasons[index] = try(work) })
	}
	group.Wait()
	for _, reason := range reasons {
		check(reason == "", "%s", reason)
	}
}

func describeLogDirs(ctx context.Context, topics []kmsg.DescribeLogDirsRequestTopic) []kmsg.DescribeLogDirsResponseDir {
	request := kmsg.NewDescribeLogDirsRequest()
	request.Topics = topics
	var dirs []kmsg.DescribeLogDirsResponseDir
	for _, shard := range cl.RequestSharded(ctx, &request) {
		must(shard.Err, "DescribeLogDirs")
		for _, dir := range shard.Resp.(*kmsg.DescribeLogDirsResponse).Dirs {
			must(kerr.ErrorForCode(dir.ErrorCode), "log directory "+dir.Dir)
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

func sumOf(dirs []kmsg.DescribeLogDirsResponseDir) (size int64) {
	for _, dir := range dirs {
		for _, topic := range dir.Topics {
			for _, partition := range topic.Partitions {
				size += partition.Size
			}
		}
	}
	return size
}

// describeConfigs asks for all configs where no names are given, with synonyms and documentation.
func describeConfigs(
	ctx context.Context, kind kmsg.ConfigResourceType, resources, names []string,
) map[string][]kmsg.DescribeConfigsResponseResourceConfig {
	request := kmsg.NewDescribeConfigsRequest()
	request.IncludeSynonyms = true
	request.IncludeDocumentation = true
	for _, resource := range resources {
		of := kmsg.NewDescribeConfigsRequestResource()
		of.ResourceType, of.ResourceName, of.ConfigNames = kind, resource, names
		request.Resources = append(request.Resources, of)
	}
	configs := map[string][]kmsg.DescribeConfigsResponseResourceConfig{}
	for _, resource := range got(request.RequestWith(ctx, cl)).Resources {
		must(kerr.ErrorForCode(resource.ErrorCode), "configs of "+resource.ResourceName)
		configs[resource.ResourceName] = resource.Configs
	}
	return configs
}

func topicPages() {
	play("topics: list them with policy and size", func(ctx context.Context) {
		metadata := got(admin.Metadata(ctx))
		var names []string
		for _, detail := range metadata.Topics {
			must(detail.Err, "topic "+detail.Topic)
			check(len(detail.Partitions[0].Replicas) == 1, "replicas of %s", detail.Topic)
			names = append(names, detail.Topic)
		}
		configs := describeConfigs(ctx, kmsg.ConfigResourceTypeTopic, names, []string{"cleanup.policy"})
		same(len(configs["profiles"]), 1, "configs of profiles")
		same(*configs["profiles"][0].Value, "compact", "policy of profiles")
		sizes := got(admin.DescribeAllLogDirs(ctx, nil))
		found := false
		sizes.Each(func(dir kadm.DescribedLogDir) {
			_, here := dir.Topics.Lookup("orders", 2)
			found = found || here
		})
		check(found, "orders is in no log directory")
		check(metadata.Topics["__consumer_offsets"].IsInternal, "__consumer_offsets is not internal")
	})
	play("topics: create one", func(ctx context.Context) {
		request := kmsg.NewCreateTopicsRequest()
		created := kmsg.NewCreateTopicsRequestTopic()
		created.Topic, created.NumPartitions, created.ReplicationFactor = topic, 2, -1
		policy := kmsg.NewCreateTopicsRequestTopicConfig()
		policy.Name, policy.Value = "cleanup.policy", pointer("delete")
		created.Configs = append(created.Configs, policy)
		request.Topics = append(request.Topics, created)
		answer := got(request.RequestWith(ctx, cl))
		same(len(answer.Topics), 1, "topics in the answer")
		must(kerr.ErrorForCode(answer.Topics[0].ErrorCode), "creating "+topic)
		same(answer.Topics[0].NumPartitions, int32(2), "partitions")
		same(answer.Topics[0].ReplicationFactor, int16(1), "replicas")
		check(len(answer.Topics[0].Configs) > 10, "%d configs in the answer", len(answer.Topics[0].Configs))
	})
	play("topic: partitions with offsets and log directories", func(ctx context.Context) { topicDetails(ctx) })
	play("topic: configuration", func(ctx context.Context) {
		configs := describeConfigs(ctx, kmsg.ConfigResourceTypeTopic, []string{"orders"}, nil)["orders"]
		retention := byName(configs, "retention.ms")
		same(*retention.Value, "172800000", "retention.ms")
		same(retention.Source, kmsg.ConfigSourceDynamicTopicConfig, "its source")
		check(len(retention.ConfigSynonyms) > 0, "retention.ms has no synonyms")
	})
	play("topic: consumers", func(ctx context.Context) {
		names := got(admin.ListGroups(ctx)).Groups()
		lags := groupLags(ctx, names)
		same(lags["reports"]["orders"], int64(270), "lag of reports")
		same(lags["billing"]["orders"], int64(0), "lag of billing")
	})
	play("topic: configuration changed", func(ctx context.Context) {
		changeTopic(ctx, "retention.ms", kmsg.IncrementalAlterConfigOpSet, pointer("1000000"))
		soon(func(ctx context.Context) { same(*topicConfig(ctx, "retention.ms").Value, "1000000", "retention.ms") })
		changeTopic(ctx, "retention.ms", kmsg.IncrementalAlterConfigOpDelete, nil)
		soon(func(ctx context.Context) { same(*topicConfig(ctx, "retention.ms").Value, "604800000", "retention.ms") })
	})
	play("topic: partitions added, and set", func(ctx context.Context) {
		must(got(admin.ValidateCreatePartitions(ctx, 1, topic)).Error(), "validating")
		must(got(admin.CreatePartitions(ctx, 1, topic)).Error(), "adding one")
		soon(func(ctx context.Context) {
			same(len(got(admin.Metadata(ctx, topic)).Topics[topic].Partitions), 3, "partitions")
		})
		must(got(admin.ValidateUpdatePartitions(ctx, 4, topic)).Error(), "validating")
		must(got(admin.UpdatePartitions(ctx, 4, topic)).Error(), "setting four")
		soon(func(ctx context.Context) {
			same(len(got(admin.Metadata(ctx, topic)).Topics[topic].Partitions), 4, "partitions")
		})
		fewer := got(admin.UpdatePartitions(ctx, 2, topic)).Error()
		check(errors.Is(fewer, kerr.InvalidPartitions), "fewer partitions: %v", fewer)
	})
}

func topicDetails(ctx context.Context) {
	metadata := got(admin.Metadata(ctx, "orders"))
	must(metadata.Topics["orders"].Err, "orders")
	asked := kmsg.NewDescribeLogDirsRequestTopic()
	asked.Topic = "orders"
	asked.Partitions = metadata.Topics["orders"].Partitions.Numbers()
	described := map[int32]int64{}
	together(
		func(context.Context) {
			for _, dir := range describeLogDirs(ctx, []kmsg.DescribeLogDirsRequestTopic{asked}) {
				for _, topic := range dir.Topics {
					same(topic.Topic, "orders", "topic of the log directory")
					for _, partition := range topic.Partitions {
						described[partition.Partition] = partition.Size
					}
				}
			}
		},
		func(context.Context) {
			starts, ends := got(admin.ListStartOffsets(ctx, "orders")), got(admin.ListEndOffsets(ctx, "orders"))
			for _, id := range asked.Partitions {
				start, _ := starts.Lookup("orders", id)
				end, _ := ends.Lookup("orders", id)
				must(start.Err, "start")
				must(end.Err, "end")
				same([]int64{start.Offset, end.Offset}, []int64{0, 100}, "start and end")
			}
		},
	)
	same(len(described), 3, "partitions with a size")
	check(described[0] > 0, "orders-0 has no size")
}

func byName(
	configs []kmsg.DescribeConfigsResponseResourceConfig, name string,
) kmsg.DescribeConfigsResponseResourceConfig {
	index := slices.IndexFunc(configs, func(c kmsg.DescribeConfigsResponseResourceConfig) bool { return c.Name == name })
	check(index >= 0, "no config %s", name)
	return configs[index]
}

func topicConfig(ctx context.Context, name string) kmsg.DescribeConfigsResponseResourceConfig {
	return byName(describeConfigs(ctx, kmsg.ConfigResourceTypeTopic, []string{topic}, nil)[topic], name)
}

func changeTopic(ctx context.Context, name string, op kmsg.IncrementalAlterConfigOp, value *string) {
	alter(ctx, kmsg.ConfigResourceTypeTopic, topic, name, op, value)
}

func alter(
	ctx context.Context, kind kmsg.ConfigResourceType, resource, name string,
	op kmsg.IncrementalAlterConfigOp, value *string,
) {
	config := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
	config.Name, config.Op, config.Value = name, op, value
	of := kmsg.NewIncrementalAlterConfigsRequestResource()
	of.ResourceType, of.ResourceName = kind, resource
	of.Configs = append(of.Configs, config)
	request := kmsg.NewIncrementalAlterConfigsRequest()
	request.Resources = append(request.Resources, of)
	for _, answered := range got(request.RequestWith(ctx, cl)).Resources {
		must(kerr.ErrorForCode(answered.ErrorCode), "altering "+resource)
	}
}

func messagePages() {
	play("messages: the newest of all partitions", func(ctx context.Context) {
		starts := bounds(ctx, "orders")
		read := messages(ctx, "orders", map[int32][2]int64{0: {83, 99}, 1: {83, 99}, 2: {84, 99}})
		same(len(read), 17+17+16, "records")
		same(starts[2], [2]int64{0, 100}, "start and end")
	})
	play("messages: the oldest of one partition", func(ctx context.Context) {
		bounds(ctx, "orders")
		read := messages(ctx, "orders", map[int32][2]int64{1: {0, 49}})
		same(len(read), 50, "records")
		same(string(read[0].Key), "order-1-0", "key")
		same(len(read[0].Headers), 2, "headers")
		same(read[0].Timestamp.UnixMilli(), since, "timestamp")
	})
	play("messages: from a time on", func(ctx context.Context) {
		bounds(ctx, "orders")
		request := kmsg.NewListOffsetsRequest()
		asked := kmsg.NewListOffsetsRequestTopic()
		asked.Topic = "orders"
		for id := range int32(3) {
			partition := kmsg.NewListOffsetsRequestTopicPartition()
			partition.Partition, partition.Timestamp = id, since+60_000
			asked.Partitions = append(asked.Partitions, partition)
		}
		request.Topics = append(request.Topics, asked)
		from := map[int32][2]int64{}
		for _, answered := range got(request.RequestWith(ctx, cl)).Topics {
			for _, partition := range answered.Partitions {
				must(kerr.ErrorForCode(partition.ErrorCode), "offset of a time")
				from[partition.Partition] = [2]int64{partition.Offset, 99}
			}
		}
		same(len(messages(ctx, "orders", from)), 120, "records")
	})
	play("messages: produce some, with each codec", produce)
	play("messages: live, as they come", live)
	play("messages: records deleted", deleteRecords)
}

// bounds are the start and the end of each partition, asked for as before each look at messages.
func bounds(ctx context.Context, name string) map[int32][2]int64 {
	metadata := got(admin.Metadata(ctx, name))
	must(metadata.Topics[name].Err, name)
	starts, ends := got(admin.ListStartOffsets(ctx, name)), got(admin.ListEndOffsets(ctx, name))
	must(starts.Error(), "start offsets")
	must(ends.Error(), "end offsets")
	all := map[int32][2]int64{}
	starts.Each(func(start kadm.ListedOffset) {
		end, _ := ends.Lookup(name, start.Partition)
		all[start.Partition] = [2]int64{start.Offset, end.Offset}
	})
	return all
}

// messages reads each partition from its first to its last wanted offset, with a client of its own.
func messages(ctx context.Context, name string, wanted map[int32][2]int64) []*kgo.Record {
	from := map[int32]kgo.Offset{}
	for id, offsets := range wanted {
		from[id] = kgo.NewOffset().At(offsets[0])
	}
	assigned := kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{name: from})
	reader := got(kgo.NewClient(append(cl.Opts(), assigned)...))
	defer reader.Close()
	var read []*kgo.Record
	finished := map[int32]bool{}
	for len(finished) < len(wanted) {
		fetches := reader.PollFetches(ctx)
		for _, failed := range fetches.Errors() {
			must(failed.Err, "fetching")
		}
		fetches.EachRecord(func(record *kgo.Record) {
			if finished[record.Partition] {
				return
			}
			read = append(read, record)
			if record.Offset >= wanted[record.Partition][1] {
				finished[record.Partition] = true
			}
		})
	}
	return read
}

func produce(ctx context.Context) {
	codecs := []kgo.CompressionCodec{
		kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression(),
	}
	for index, codec := range codecs {
		// A partition that is told is taken; -1 leaves the choice to the key.
		partition := int32(index) - 1
		writer := got(kgo.NewClient(slices.Concat(cl.Opts(), []kgo.Opt{
			kgo.ProducerBatchCompression(codec),
			kgo.RecordPartitioner(kgo.BasicConsistentPartitioner(func(name string) func(*kgo.Record, int) int {
				byKey := kgo.StickyKeyPartitioner(nil).ForTopic(name)
				return func(record *kgo.Record, count int) int {
					if record.Partition == -1 {
						return byKey.Partition(record, count)
					}
					return int(record.Partition)
				}
			})),
		})...))
		record := &kgo.Record{
			Topic: topic, Partition: partition, Key: []byte("key"), Value: []byte(strings.Repeat("value ", 50)),
			Headers: []kgo.RecordHeader{{Key: "header", Value: []byte("of console")}},
		}
		var failed error
		writer.Produce(ctx, record, func(_ *kgo.Record, err error) { failed = err })
		must(writer.Flush(ctx), "flushing")
		writer.Close()
		must(failed, "producing")
	}
	wanted := map[int32][2]int64{}
	total := int64(0)
	for id, offsets := range bounds(ctx, topic) {
		total += offsets[1] - offsets[0]
		if offsets[1] > offsets[0] {
			wanted[id] = [2]int64{offsets[0], offsets[1] - 1}
		}
	}
	same(total, int64(5), "records written")
	same(len(messages(ctx, topic, wanted)), 5, "records read")
}

// live consumes from the end, where nothing is yet.
func live(ctx context.Context) {
	all := bounds(ctx, topic)
	from := map[int32]kgo.Offset{}
	for id := range all {
		from[id] = kgo.NewOffset().At(-1)
	}
	assigned := kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from})
	reader := got(kgo.NewClient(append(cl.Opts(), assigned)...))
	defer reader.Close()
	// It has come to the end when a first fetch waited there for nothing.
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	before := reader.PollFetches(short)
	cancel()
	same(before.NumRecords(), 0, "records before any was sent")
	writer := got(kgo.NewClient(append(cl.Opts(), kgo.DefaultProduceTopic(topic))...))
	defer writer.Close()
	stop, stopped := context.WithCancel(ctx)
	var sending sync.WaitGroup
	sending.Go(func() {
		// A record that was sent before the reader knew the end is not one that it must see.
		for stop.Err() == nil {
			writer.ProduceSync(stop, kgo.StringRecord("live"))
			time.Sleep(50 * time.Millisecond)
		}
	})
	for found := 0; found == 0; {
		fetches := reader.PollFetches(ctx)
		must(fetches.Err(), "fetching")
		found = fetches.NumRecords()
	}
	stopped()
	sending.Wait()
}

func deleteRecords(ctx context.Context) {
	request := kmsg.NewDeleteRecordsRequest()
	asked := kmsg.NewDeleteRecordsRequestTopic()
	asked.Topic = topic
	for id, offsets := range bounds(ctx, topic) {
		partition := kmsg.NewDeleteRecordsRequestTopicPartition()
		partition.Partition, partition.Offset = id, offsets[1]
		asked.Partitions = append(asked.Partitions, partition)
	}
	request.Topics = append(request.Topics, asked)
	answer := got(request.RequestWith(ctx, cl))
	same(len(answer.Topics), 1, "topics in the answer")
	for _, partition := range answer.Topics[0].Partitions {
		must(kerr.ErrorForCode(partition.ErrorCode), "deleting records")
	}
	for id, offsets := range bounds(ctx, topic) {
		same(offsets[0], offsets[1], fmt.Sprintf("start of partition %d", id))
	}
}

func groupPages() {
	play("groups: list them with state, members and lag", func(ctx context.Context) {
		names := got(admin.ListGroups(ctx)).Groups()
		for _, group := range groups {
			check(slices.Contains(names, group), "%s is not in %v", group, names)
		}
		described := got(admin.DescribeGroups(ctx, names...))
		groupLags(ctx, described.Names())
		same(described["billing"].State, "Stable", "state of billing")
		same(described["reports"].State, "Empty", "state of reports")
		member := described["billing"].Members[0]
		assigned, ok := member.Assigned.AsConsumer()
		check(ok, "the assignment is not a consumer's")
		same(len(assigned.Topics[0].Partitions), 3, "partitions of the member")
		check(strings.Contains(member.ClientHost, "127.0.0.1"), "host %s", member.ClientHost)
	})
	play("group: offsets edited; brokers since Kafka 4.1 refuse, for the tool names no topic ids", func(ctx context.Context) {
		for _, offset := range []int64{-2, -1, 33} {
			refused := editOffsets(ctx, "reports", offset)
			check(errors.Is(refused, kerr.UnknownTopicID), "editing to %d: %v", offset, refused)
		}
		at, _ := got(admin.FetchOffsets(ctx, "reports")).Lookup("orders", 1)
		same(at.At, int64(10), "offset")
	})
	play("group: offsets of a group at work are not edited", func(ctx context.Context) {
		state := got(admin.DescribeGroups(ctx, "billing"))["billing"].State
		check(!strings.EqualFold(state, "empty"), "billing is %s", state)
	})
	play("group: offsets of one topic deleted, then the group", func(ctx context.Context) {
		must(admin.CommitAllOffsets(ctx, "console-group", offsetsOf("orders", "profiles")), "committing")
		request := kmsg.NewOffsetDeleteRequest()
		request.Group = "console-group"
		asked := kmsg.NewOffsetDeleteRequestTopic()
		asked.Topic = "orders"
		partition := kmsg.NewOffsetDeleteRequestTopicPartition()
		asked.Partitions = append(asked.Partitions, partition)
		request.Topics = append(request.Topics, asked)
		answer := got(request.RequestWith(ctx, cl))
		must(kerr.ErrorForCode(answer.ErrorCode), "deleting offsets")
		for _, partition := range answer.Topics[0].Partitions {
			must(kerr.ErrorForCode(partition.ErrorCode), "deleting an offset")
		}
		left := got(admin.FetchOffsets(ctx, "console-group")).Offsets()
		same(slices.Collect(maps.Keys(left)), []string{"profiles"}, "topics with offsets")
		must(got(admin.DeleteGroup(ctx, "console-group")).Err, "deleting the group")
		_, err := admin.DeleteGroup(ctx, "billing")
		check(errors.Is(err, kerr.NonEmptyGroup), "deleting a group at work: %v", err)
	})
}

// groupLags is the lag by group and topic.
func groupLags(ctx context.Context, names []string) map[string]map[string]int64 {
	fetched := admin.FetchManyOffsets(ctx, names...)
	fetched.EachError(func(failed kadm.FetchOffsetsResponse) { must(failed.Err, "offsets of "+failed.Group) })
	topics := fetched.CommittedPartitions().Topics()
	metadata := got(admin.Metadata(ctx, topics...))
	ends := got(admin.ListEndOffsets(ctx, metadata.Topics.Names()...))
	must(ends.Error(), "end offsets")
	lags := map[string]map[string]int64{}
	for group, answered := range fetched {
		lags[group] = map[string]int64{}
		answered.Fetched.Each(func(offset kadm.OffsetResponse) {
			must(offset.Err, "an offset of "+group)
			end, _ := ends.Lookup(offset.Topic, offset.Partition)
			lags[group][offset.Topic] += max(end.Offset-offset.At, 0)
		})
	}
	return lags
}

func offsetsOf(topics ...string) kadm.Offsets {
	offsets := kadm.Offsets{}
	for _, name := range topics {
		offsets.AddOffset(name, 0, 1, -1)
	}
	return offsets
}

// editOffsets commits without a member, after a look at the group; -2 is the start, -1 the end.
func editOffsets(ctx context.Context, group string, offset int64) (refused error) {
	described := got(admin.DescribeGroups(ctx, group))[group]
	check(strings.EqualFold(described.State, "empty"), "the group is %s", described.State)
	starts, ends := got(admin.ListStartOffsets(ctx, "orders")), got(admin.ListEndOffsets(ctx, "orders"))
	request := kmsg.NewOffsetCommitRequest()
	request.Group = group
	of := kmsg.NewOffsetCommitRequestTopic()
	of.Topic = "orders"
	for id := range int32(3) {
		partition := kmsg.NewOffsetCommitRequestTopicPartition()
		partition.Partition, partition.Offset = id, offset
		switch offset {
		case -2:
			start, _ := starts.Lookup("orders", id)
			partition.Offset = start.Offset
		case -1:
			end, _ := ends.Lookup("orders", id)
			partition.Offset = end.Offset
		}
		of.Partitions = append(of.Partitions, partition)
	}
	request.Topics = append(request.Topics, of)
	for _, answered := range got(request.RequestWith(ctx, cl)).Topics {
		for _, partition := range answered.Partitions {
			refused = errors.Join(refused, kerr.ErrorForCode(partition.ErrorCode))
		}
	}
	return refused
}

func operationPages() {
	play("quotas: list, set, delete", quotas)
	play("reassignments: list, assign, throttle", reassign)
	play("ACLs: there are none, and the page says why", func(ctx context.Context) {
		request := kmsg.NewDescribeACLsRequest()
		request.ResourceType, request.ResourcePatternType = kmsg.ACLResourceTypeAny, kmsg.ACLResourcePatternTypeAny
		request.Operation, request.PermissionType = kmsg.ACLOperationAny, kmsg.ACLPermissionTypeAny
		answer, err := request.RequestWith(ctx, cl)
		if err == nil {
			err = kerr.ErrorForCode(answer.ErrorCode)
		}
		told := errors.Is(err, kerr.SecurityDisabled) || strings.Contains(fmt.Sprint(err), "too old")
		check(told, "%v", err)
	})
}

func quotas(ctx context.Context) {
	describe := func(ctx context.Context, components ...kmsg.DescribeClientQuotasRequestComponent) map[string]float64 {
		answer := got((&kmsg.DescribeClientQuotasRequest{Components: components}).RequestWith(ctx, cl))
		must(kerr.ErrorForCode(answer.ErrorCode), "describing quotas")
		found := map[string]float64{}
		for _, entry := range answer.Entries {
			for _, value := range entry.Values {
				found[*entry.Entity[0].Name+" "+value.Key] = value.Value
			}
		}
		return found
	}
	set := func(remove bool) {
		entry := kmsg.AlterClientQuotasRequestEntry{
			Entity: []kmsg.AlterClientQuotasRequestEntryEntity{{Type: "client-id", Name: pointer("console")}},
			Ops:    []kmsg.AlterClientQuotasRequestEntryOp{{Key: "consumer_byte_rate", Value: 1e6, Remove: remove}},
		}
		request := kmsg.AlterClientQuotasRequest{Entries: []kmsg.AlterClientQuotasRequestEntry{entry}}
		for _, answered := range got(request.RequestWith(ctx, cl)).Entries {
			must(kerr.ErrorForCode(answered.ErrorCode), "altering quotas")
		}
	}
	set(false)
	expected := map[string]float64{"console consumer_byte_rate": 1e6}
	exact := kmsg.DescribeClientQuotasRequestComponent{
		EntityType: "client-id", MatchType: kmsg.QuotasMatchTypeExact, Match: pointer("console"),
	}
	soon(func(ctx context.Context) { same(describe(ctx, exact), expected, "quotas of console") })
	same(describe(ctx)["console consumer_byte_rate"], 1e6, "in all quotas")
	anyone := kmsg.DescribeClientQuotasRequestComponent{EntityType: "client-id", MatchType: kmsg.QuotasMatchTypeAny}
	same(describe(ctx, anyone)["console consumer_byte_rate"], 1e6, "in quotas of any client")
	set(true)
	soon(func(ctx context.Context) { same(describe(ctx, exact), map[string]float64{}, "quotas of console then") })
}

func reassign(ctx context.Context) {
	list := kmsg.NewListPartitionReassignmentsRequest()
	must(kerr.ErrorForCode(got(list.RequestWith(ctx, cl)).ErrorCode), "listing reassignments")
	request := kmsg.NewAlterPartitionAssignmentsRequest()
	of := kmsg.NewAlterPartitionAssignmentsRequestTopic()
	of.Topic = topic
	partition := kmsg.NewAlterPartitionAssignmentsRequestTopicPartition()
	partition.Partition, partition.Replicas = 0, []int32{1}
	of.Partitions = append(of.Partitions, partition)
	request.Topics = append(request.Topics, of)
	answer := got(request.RequestWith(ctx, cl))
	must(kerr.ErrorForCode(answer.ErrorCode), "assigning")
	for _, answered := range answer.Topics {
		for _, partition := range answered.Partitions {
			must(kerr.ErrorForCode(partition.ErrorCode), "assigning a partition")
		}
	}
	set, remove := kmsg.IncrementalAlterConfigOpSet, kmsg.IncrementalAlterConfigOpDelete
	for _, name := range []string{"leader.replication.throttled.rate", "follower.replication.throttled.rate"} {
		alter(ctx, kmsg.ConfigResourceTypeBroker, "1", name, set, pointer("10000000"))
		alter(ctx, kmsg.ConfigResourceTypeBroker, "1", name, remove, nil)
	}
	for _, name := range []string{"leader.replication.throttled.replicas", "follower.replication.throttled.replicas"} {
		changeTopic(ctx, name, set, pointer("0:1"))
		changeTopic(ctx, name, remove, nil)
	}
}

func deleteTopic(ctx context.Context) {
	request := kmsg.NewDeleteTopicsRequest()
	request.TopicNames = []string{topic}
	request.Topics = []kmsg.DeleteTopicsRequestTopic{{Topic: pointer(topic)}}
	request.TimeoutMillis = 30_000
	answer := got(request.RequestWith(ctx, cl))
	same(len(answer.Topics), 1, "topics in the answer")
	must(kerr.ErrorForCode(answer.Topics[0].ErrorCode), "deleting "+topic)
	soon(func(ctx context.Context) {
		names := slices.Collect(maps.Keys(got(admin.Metadata(ctx)).Topics))
		check(!slices.Contains(names, topic), "%s is still there", topic)
	})
}
