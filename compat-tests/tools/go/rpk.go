package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const topic = "rpk-topic"

// What the commands of rpk 24.3 send: each command is a process with a client of its own.
func main() {
	play("cluster info", clusterInfo)
	play("cluster logdirs describe", logdirs)
	play("cluster quotas alter, describe", quotas)
	play("cluster txn list, describe", transactions)
	play("topic create", create)
	play("cluster txn describe-producers", describeProducers)
	play("topic list", list)
	play("topic describe -a", describe)
	play("topic add-partitions", addPartitions)
	play("topic alter-config", alterConfig)
	play("topic produce", produce)
	play("topic consume -o", consume)
	play("topic consume -g", consumeGroup)
	play("topic trim-prefix", trim)
	play("group list", listGroups)
	play("group describe", describeGroup)
	play("group seek", seek)
	play("group offset-delete", deleteOffsets)
	play("group delete", deleteGroups)
	play("topic delete", deleteTopic)
	done()
}

func client(more ...kgo.Opt) *kgo.Client {
	options := []kgo.Opt{
		kgo.SeedBrokers(bootstrap),
		kgo.ClientID("rpk"),
		kgo.DialTimeout(3 * time.Second),
		kgo.RequestTimeoutOverhead(5 * time.Second),
		kgo.RetryTimeout(11 * time.Second),
		kgo.MetadataMinAge(250 * time.Millisecond),
	}
	return got(kgo.NewClient(append(options, more...)...))
}

// with runs a command with an admin client that is closed after it.
func with(work func(*kadm.Client)) {
	admin := kadm.NewClient(client())
	defer admin.Close()
	admin.SetTimeoutMillis(5000)
	work(admin)
}

func clusterInfo(ctx context.Context) {
	with(func(admin *kadm.Client) {
		metadata := got(admin.Metadata(ctx))
		check(metadata.Cluster != "", "no cluster id")
		same([]int32{metadata.Controller, metadata.Brokers[0].NodeID}, []int32{1, 1}, "controller and broker")
		for _, detail := range metadata.Topics.Sorted() {
			must(detail.Err, detail.Topic)
			for _, partition := range detail.Partitions.Sorted() {
				must(partition.Err, "a partition of "+detail.Topic)
				check(partition.Leader == 1 && partition.LeaderEpoch >= 0, "%v", partition)
			}
		}
	})
	// With -b alone no topics are asked for.
	with(func(admin *kadm.Client) { same(len(got(admin.BrokerMetadata(ctx)).Brokers), 1, "brokers") })
}

func logdirs(ctx context.Context) {
	with(func(admin *kadm.Client) {
		size := int64(0)
		topics := got(admin.ListTopics(ctx, "orders"))
		must(topics.Error(), "orders")
		got(admin.DescribeAllLogDirs(ctx, topics.TopicsSet())).Each(func(dir kadm.DescribedLogDir) {
			must(dir.Err, dir.Dir)
			dir.Topics.Each(func(partition kadm.DescribedLogDirPartition) {
				same(partition.Topic, "orders", "topic")
				size += partition.Size
			})
		})
		check(size > 0, "orders has no size")
		count := 0
		got(admin.DescribeBrokerLogDirs(ctx, 1, nil)).Each(func(dir kadm.DescribedLogDir) { count += len(dir.Topics) })
		check(count >= 3, "%d topics in all log directories", count)
	})
}

func quotas(ctx context.Context) {
	entity := kadm.ClientQuotaEntity{{Type: "client-id", Name: pointer("rpk")}}
	alter := func(operation kadm.AlterClientQuotaOp) {
		with(func(admin *kadm.Client) {
			entries := []kadm.AlterClientQuotaEntry{{Entity: entity, Ops: []kadm.AlterClientQuotaOp{operation}}}
			for _, altered := range append(
				got(admin.ValidateAlterClientQuotas(ctx, entries)), got(admin.AlterClientQuotas(ctx, entries))...,
			) {
				must(altered.Err, altered.ErrMessage)
			}
		})
	}
	found := func(strict bool, components ...kadm.DescribeClientQuotaComponent) (count int) {
		with(func(admin *kadm.Client) { count = len(got(admin.DescribeClientQuotas(ctx, strict, components))) })
		return count
	}
	exact := kadm.DescribeClientQuotaComponent{Type: "client-id", MatchName: pointer("rpk"), MatchType: 0}
	alter(kadm.AlterClientQuotaOp{Key: "producer_byte_rate", Value: 1e6})
	soon(func(context.Context) { same(found(true, exact), 1, "quotas of rpk") })
	same(found(false), 1, "all quotas")
	same(found(false, kadm.DescribeClientQuotaComponent{Type: "client-id", MatchType: 1}), 0, "default quotas")
	same(found(false, kadm.DescribeClientQuotaComponent{Type: "client-id", MatchType: 2}), 1, "quotas of any")
	alter(kadm.AlterClientQuotaOp{Key: "producer_byte_rate", Remove: true})
	soon(func(context.Context) { same(found(true, exact), 0, "quotas of rpk then") })
}

// transactions holds as well on a broker that says it has none.
func transactions(ctx context.Context) {
	with(func(admin *kadm.Client) {
		listed, err := admin.ListTransactions(ctx, nil, nil)
		check(err == nil || strings.Contains(err.Error(), "too old"), "list: %v", err)
		same(len(listed), 0, "transactions")
		// Kafka makes the topic of its transactions when it is first asked for a coordinator.
		soon(func(ctx context.Context) {
			described, err := admin.DescribeTransactions(ctx, "rpk-transaction")
			if err == nil {
				err = described["rpk-transaction"].Err
			}
			none := errors.Is(err, kerr.TransactionalIDNotFound) || errors.Is(err, kerr.TransactionalIDAuthorizationFailed)
			check(none, "describe: %v", err)
		})
	})
}

func describeProducers(ctx context.Context) {
	cl := client(kgo.DefaultProduceTopic("rpk-other"))
	defer cl.Close()
	sent := got(cl.ProduceSync(ctx, kgo.KeyStringRecord("user-0", "by rpk")).First())
	with(func(admin *kadm.Client) {
		asked := kadm.TopicsSet{}
		asked.Add("rpk-other", sent.Partition)
		partition := got(admin.DescribeProducers(ctx, asked))["rpk-other"].Partitions[sent.Partition]
		must(partition.Err, "the producers of a partition")
		producer, ok := partition.ActiveProducers[sent.ProducerID]
		check(ok, "%d is not in %v", sent.ProducerID, partition.ActiveProducers)
		same(producer.LastSequence, int32(0), "its last sequence")
		same(producer.LastTimestamp, sent.Timestamp.UnixMilli(), "its last timestamp")
		same(producer.CurrentTxnStartOffset, int64(-1), "start of its transaction")
	})
}

func create(ctx context.Context) {
	send := func(dry bool, partitions int32, replicas int16, names ...string) []kmsg.CreateTopicsResponseTopic {
		cl := client()
		defer cl.Close()
		request := kmsg.NewPtrCreateTopicsRequest()
		request.ValidateOnly, request.TimeoutMillis = dry, 5000
		for _, name := range names {
			asked := kmsg.NewCreateTopicsRequestTopic()
			asked.Topic, asked.NumPartitions, asked.ReplicationFactor = name, partitions, replicas
			config := kmsg.NewCreateTopicsRequestTopicConfig()
			config.Name, config.Value = "max.message.bytes", pointer("500000")
			asked.Configs = append(asked.Configs, config)
			request.Topics = append(request.Topics, asked)
		}
		return got(request.RequestWith(ctx, cl)).Topics
	}
	for _, dry := range []bool{true, false} {
		for _, answered := range send(dry, 3, -1, topic, "rpk-other") {
			must(kerr.ErrorForCode(answered.ErrorCode), "creating "+answered.Topic)
		}
	}
	again := kerr.ErrorForCode(send(false, 3, -1, topic)[0].ErrorCode)
	check(errors.Is(again, kerr.TopicAlreadyExists), "creating it again: %v", again)
	three := kerr.ErrorForCode(send(true, 3, 3, "rpk-three")[0].ErrorCode)
	check(errors.Is(three, kerr.InvalidReplicationFactor), "three replicas: %v", three)
}

func list(ctx context.Context) {
	soon(func(context.Context) {
		with(func(admin *kadm.Client) {
			all := got(admin.ListTopicsWithInternal(ctx))
			must(all.Error(), "topics")
			check(all.Has(topic) && all.Has("__consumer_offsets"), "topics %v", all.Names())
			one := got(admin.ListTopicsWithInternal(ctx, topic))
			same(one[topic].Partitions.NumReplicas(), 1, "replicas")
		})
	})
}

func describe(ctx context.Context) {
	cl := client()
	defer cl.Close()
	request := kmsg.NewPtrMetadataRequest()
	asked := kmsg.NewMetadataRequestTopic()
	asked.Topic = pointer("orders")
	request.Topics = append(request.Topics, asked)
	described := got(request.RequestWith(ctx, cl)).Topics[0]
	must(kerr.ErrorForCode(described.ErrorCode), "orders")
	retention := configs(ctx, cl, "orders")["retention.ms"]
	same(*retention.Value, "172800000", "retention.ms")
	same(retention.Source.String(), "DYNAMIC_TOPIC_CONFIG", "its source")
	for _, level := range []int8{0, 1} {
		same(offsets(ctx, cl, len(described.Partitions), -2, 0), []int64{0, 0, 0}, "log start offsets")
		same(offsets(ctx, cl, len(described.Partitions), -1, level), []int64{100, 100, 100}, "ends")
	}
}

func configs(ctx context.Context, cl *kgo.Client, name string) map[string]kmsg.DescribeConfigsResponseResourceConfig {
	request := kmsg.NewPtrDescribeConfigsRequest()
	of := kmsg.NewDescribeConfigsRequestResource()
	of.ResourceType, of.ResourceName = kmsg.ConfigResourceTypeTopic, name
	request.Resources = append(request.Resources, of)
	answered := got(request.RequestWith(ctx, cl)).Resources
	same(len(answered), 1, "resources in the answer")
	must(kerr.ErrorForCode(answered[0].ErrorCode), "configs of "+name)
	byName := map[string]kmsg.DescribeConfigsResponseResourceConfig{}
	for _, config := range answered[0].Configs {
		byName[config.Name] = config
	}
	return byName
}

func offsets(ctx context.Context, cl *kgo.Client, partitions int, timestamp int64, level int8) []int64 {
	request := kmsg.NewPtrListOffsetsRequest()
	request.ReplicaID, request.IsolationLevel = -1, level
	of := kmsg.NewListOffsetsRequestTopic()
	of.Topic = "orders"
	for id := range partitions {
		partition := kmsg.NewListOffsetsRequestTopicPartition()
		partition.Partition, partition.Timestamp = int32(id), timestamp
		of.Partitions = append(of.Partitions, partition)
	}
	request.Topics = append(request.Topics, of)
	found := make([]int64, partitions)
	for _, shard := range cl.RequestSharded(ctx, request) {
		must(shard.Err, "ListOffsets")
		for _, partition := range shard.Resp.(*kmsg.ListOffsetsResponse).Topics[0].Partitions {
			must(kerr.ErrorForCode(partition.ErrorCode), "an offset")
			found[partition.Partition] = partition.Offset
		}
	}
	return found
}

func addPartitions(ctx context.Context) {
	with(func(admin *kadm.Client) {
		for _, added := range got(admin.CreatePartitions(ctx, 2, topic, "rpk-other")).Sorted() {
			must(added.Err, added.ErrMessage)
		}
		soon(func(context.Context) { same(len(got(admin.ListTopics(ctx, topic))[topic].Partitions), 5, "partitions") })
		unknown := got(admin.CreatePartitions(ctx, 1, "rpk-nothing"))["rpk-nothing"].Err
		check(errors.Is(unknown, kerr.UnknownTopicOrPartition), "of none: %v", unknown)
	})
}

func alterConfig(ctx context.Context) {
	cl := client()
	defer cl.Close()
	send := func(dry bool, name string, op kmsg.IncrementalAlterConfigOp, value *string) {
		request := kmsg.NewPtrIncrementalAlterConfigsRequest()
		request.ValidateOnly = dry
		config := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		config.Name, config.Op, config.Value = name, op, value
		of := kmsg.NewIncrementalAlterConfigsRequestResource()
		of.ResourceType, of.ResourceName = kmsg.ConfigResourceTypeTopic, topic
		of.Configs = append(of.Configs, config)
		request.Resources = append(request.Resources, of)
		for _, answered := range got(request.RequestWith(ctx, cl)).Resources {
			must(kerr.ErrorForCode(answered.ErrorCode), "altering "+name)
		}
	}
	is := func(name, value string) {
		soon(func(ctx context.Context) { same(*configs(ctx, cl, topic)[name].Value, value, name) })
	}
	send(true, "retention.ms", kmsg.IncrementalAlterConfigOpSet, pointer("1"))
	send(false, "retention.ms", kmsg.IncrementalAlterConfigOpSet, pointer("1000000"))
	is("retention.ms", "1000000")
	send(false, "retention.ms", kmsg.IncrementalAlterConfigOpDelete, nil)
	is("retention.ms", "604800000")
	send(false, "cleanup.policy", kmsg.IncrementalAlterConfigOpAppend, pointer("compact"))
	is("cleanup.policy", "delete,compact")
	send(false, "cleanup.policy", kmsg.IncrementalAlterConfigOpSubtract, pointer("compact"))
	is("cleanup.policy", "delete")
}

func produce(ctx context.Context) {
	acks := map[string][]kgo.Opt{
		"all":    {kgo.RequiredAcks(kgo.AllISRAcks())},
		"leader": {kgo.RequiredAcks(kgo.LeaderAck()), kgo.DisableIdempotentWrite()},
		"none":   {kgo.RequiredAcks(kgo.NoAck()), kgo.DisableIdempotentWrite()},
	}
	codecs := []kgo.CompressionCodec{
		kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression(),
	}
	for name, options := range acks {
		for _, codec := range codecs {
			cl := client(append(
				options,
				kgo.ProduceRequestTimeout(5*time.Second), kgo.DefaultProduceTopic(topic), kgo.ProducerBatchCompression(codec),
			)...)
			input := bytes.NewBufferString("key-1 value-1\nkey-2 value-2\n")
			reader := got(kgo.NewRecordReader(input, "%k %v\n"))
			var failed error
			for {
				record := &kgo.Record{Partition: -1, Headers: []kgo.RecordHeader{{Key: "acks", Value: []byte(name)}}}
				if reader.ReadRecordInto(record) != nil {
					break
				}
				cl.Produce(ctx, record, func(_ *kgo.Record, err error) { failed = errors.Join(failed, err) })
			}
			must(cl.Flush(ctx), "flushing")
			cl.Close()
			must(failed, "producing with acks "+name)
		}
	}
	// Without acknowledgements nobody tells when they are written.
	soon(func(ctx context.Context) {
		with(func(admin *kadm.Client) {
			total := int64(0)
			got(admin.ListEndOffsets(ctx, topic)).Each(func(end kadm.ListedOffset) { total += end.Offset })
			same(total, int64(len(acks)*len(codecs)*2), "records")
		})
	})
}

// fetching are the options that each consume has unless flags say otherwise.
func fetching(more ...kgo.Opt) []kgo.Opt {
	return append([]kgo.Opt{
		kgo.FetchMaxBytes(1 << 20),
		kgo.FetchMaxWait(5 * time.Second),
		kgo.FetchMaxPartitionBytes(1 << 20),
	}, more...)
}

func consume(ctx context.Context) {
	read := func(count int, options ...kgo.Opt) []*kgo.Record {
		cl := client(fetching(options...)...)
		defer cl.Close()
		var records []*kgo.Record
		for len(records) < count {
			fetches := cl.PollFetches(ctx)
			must(fetches.Err(), "fetching")
			records = append(records, fetches.Records()...)
		}
		return records
	}
	all := kgo.ConsumeTopics("orders")
	same(len(read(300, all, kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))), 300, "records from the start")
	lastTen := kgo.NewOffset().AtEnd().Relative(-10)
	same(len(read(30, all, kgo.ConsumeResetOffset(lastTen))), 30, "the last ten of each partition")
	matched := read(20, kgo.ConsumeTopics("^prof.*"), kgo.ConsumeRegex(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	same(len(matched), 20, "records of topics that match")
	committed := kgo.FetchIsolationLevel(kgo.ReadCommitted())
	with(func(admin *kadm.Client) {
		listed := got(admin.ListOffsetsAfterMilli(ctx, since+90_000, "orders"))
		must(listed.Error(), "offsets of a time")
		from := map[int32]kgo.Offset{}
		listed.Each(func(offset kadm.ListedOffset) { from[offset.Partition] = kgo.NewOffset().At(offset.Offset) })
		assigned := kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{"orders": from})
		same(len(read(30, assigned, committed, kgo.KeepControlRecords())), 30, "records from a time on")
	})
}

func consumeGroup(ctx context.Context) {
	balancers := []kgo.GroupBalancer{
		kgo.RangeBalancer(), kgo.RoundRobinBalancer(), kgo.StickyBalancer(), kgo.CooperativeStickyBalancer(),
	}
	for index, balancer := range balancers {
		cl := client(fetching(
			kgo.ConsumeTopics("orders"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
			kgo.ConsumerGroup(fmt.Sprintf("rpk-group-%d", index)), kgo.AutoCommitMarks(), kgo.Balancers(balancer),
		)...)
		for count := 0; count < 300; {
			fetches := cl.PollFetches(ctx)
			must(fetches.Err(), "fetching")
			count += fetches.NumRecords()
			cl.MarkCommitRecords(fetches.Records()...)
		}
		must(cl.CommitMarkedOffsets(ctx), "committing")
		cl.LeaveGroup()
		cl.Close()
	}
}

func trim(ctx context.Context) {
	with(func(admin *kadm.Client) {
		ends := got(admin.ListEndOffsets(ctx, topic))
		got(admin.ListStartOffsets(ctx, topic))
		must(got(admin.DeleteRecords(ctx, ends.Offsets())).Error(), "deleting records")
		got(admin.ListStartOffsets(ctx, topic)).Each(func(start kadm.ListedOffset) {
			end, _ := ends.Lookup(topic, start.Partition)
			same(start.Offset, end.Offset, "start after that")
		})
	})
}

func listGroups(ctx context.Context) {
	with(func(admin *kadm.Client) {
		listed := got(admin.ListGroups(ctx))
		for _, group := range groups {
			check(slices.Contains(listed.Groups(), group), "%s is not in %v", group, listed.Groups())
		}
		same(listed["billing"].State, "Stable", "state of billing")
		same(listed["reports"].Coordinator, int32(1), "coordinator of reports")
		empty := got(admin.ListGroups(ctx, "Empty")).Groups()
		check(slices.Contains(empty, "reports") && !slices.Contains(empty, "billing"), "empty groups %v", empty)
	})
}

func describeGroup(ctx context.Context) {
	with(func(admin *kadm.Client) {
		lags := got(admin.Lag(ctx, "billing", "reports", "rpk-group-3"))
		for name, lag := range map[string]int64{"billing": 0, "reports": 270, "rpk-group-3": 0} {
			found := lags[name]
			must(found.Error(), name)
			same(found.Lag.Total(), lag, "lag of "+name)
		}
		same(lags["billing"].Members[0].ClientID, "scene", "client id of the member")
		same(lags["billing"].Protocol, "RoundRobinAssigner", "balancer of billing")
		member := lags["billing"].Lag.Sorted()[0].Member
		check(member != nil && member.ClientHost != "", "nobody has a partition of billing")
	})
}

func seek(ctx context.Context) {
	with(func(admin *kadm.Client) {
		for to, expected := range map[string]int64{"start": 0, "time": 40, "end": 100} {
			current := got(admin.FetchOffsets(ctx, "rpk-group-0"))
			must(current.Error(), "offsets of the group")
			names := current.Offsets().TopicsSet().Topics()
			var listed kadm.ListedOffsets
			switch to {
			case "start":
				listed = got(admin.ListStartOffsets(ctx, names...))
			case "end":
				listed = got(admin.ListEndOffsets(ctx, names...))
			default:
				listed = got(admin.ListOffsetsAfterMilli(ctx, since+40_000, names...))
			}
			must(listed.Error(), "offsets to seek to")
			must(got(admin.CommitOffsets(ctx, "rpk-group-0", listed.Offsets())).Error(), "committing")
			at, _ := got(admin.FetchOffsets(ctx, "rpk-group-0")).Lookup("orders", 0)
			same(at.At, expected, "offset at the "+to)
		}
		// --to-group, into a group that is not there yet
		of := got(admin.FetchOffsets(ctx, "reports")).Offsets()
		must(got(admin.CommitOffsets(ctx, "rpk-group-new", of)).Error(), "committing as another group")
		refused := got(admin.CommitOffsets(ctx, "billing", of)).Error()
		check(errors.Is(refused, kerr.UnknownMemberID), "seeking a group at work: %v", refused)
	})
}

func deleteOffsets(ctx context.Context) {
	with(func(admin *kadm.Client) {
		asked := got(admin.FetchOffsets(ctx, "rpk-group-1")).Offsets().TopicsSet()
		must(got(admin.DeleteOffsets(ctx, "rpk-group-1", asked)).Error(), "deleting offsets")
		refused := got(admin.DeleteOffsets(ctx, "billing", asked)).Error()
		check(errors.Is(refused, kerr.GroupSubscribedToTopic), "of a group at work: %v", refused)
	})
}

func deleteGroups(ctx context.Context) {
	with(func(admin *kadm.Client) {
		for _, answered := range got(admin.DeleteGroups(ctx, "rpk-group-0", "rpk-group-2", "rpk-group-3", "rpk-group-new")) {
			must(answered.Err, "deleting "+answered.Group)
		}
		answers := got(admin.DeleteGroups(ctx, "billing", "rpk-group-0"))
		check(errors.Is(answers["billing"].Err, kerr.NonEmptyGroup), "at work: %v", answers["billing"].Err)
		check(errors.Is(answers["rpk-group-0"].Err, kerr.GroupIDNotFound), "unknown: %v", answers["rpk-group-0"].Err)
	})
}

func deleteTopic(ctx context.Context) {
	with(func(admin *kadm.Client) {
		for _, answered := range got(admin.DeleteTopics(ctx, topic, "rpk-other")) {
			must(answered.Err, "deleting "+answered.Topic)
		}
		soon(func(context.Context) { check(!got(admin.ListTopics(ctx)).Has(topic), "%s is still there", topic) })
		again := got(admin.DeleteTopics(ctx, topic))[topic].Err
		check(errors.Is(again, kerr.UnknownTopicOrPartition), "again: %v", again)
	})
}
