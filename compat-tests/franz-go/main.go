// Franz-go behind the adapter contract of ../README.md.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

type record struct {
	Key, Value []byte
	Headers    []header
	Timestamp  int64
}

type request struct {
	Bootstrap  string
	Topics     json.RawMessage
	Partitions int32
	Records    []record
	Count      int
	Group      string
	Protocol   string
	Instance   string
	Pattern    string
	Topic      string
	Keys       []string
	PerSecond  float64
}

var (
	stdin = bufio.NewReaderSize(os.Stdin, 1<<16)
	mutex sync.Mutex
	out   = json.NewEncoder(os.Stdout)
)

func main() {
	line, err := stdin.ReadBytes('\n')
	must(err)
	var r request
	must(json.Unmarshal(line, &r))
	operations := map[string]func(context.Context, request){
		"create": create, "produce": produce, "consume": consume,
		"group": group, "committed": committed, "sequence": sequence,
	}
	operations[os.Args[1]](context.Background(), r)
}

func create(ctx context.Context, r request) {
	answers, err := kadm.NewClient(client(r)).CreateTopics(ctx, r.Partitions, 1, nil, r.topics()...)
	must(err)
	must(answers.Error())
}

func produce(ctx context.Context, r request) {
	codecs := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
	for _, target := range r.targets() {
		codec := codecs[target.Codec]
		if target.Level != nil {
			codec = codec.WithLevel(*target.Level)
		}
		c := client(r, kgo.ProducerBatchCompression(codec), kgo.ProducerLinger(50*time.Millisecond))
		var records []*kgo.Record
		if target.Records == nil {
			target.Records = r.Records
		}
		for _, each := range target.Records {
			sent := &kgo.Record{Topic: target.Topic, Key: each.Key, Value: each.Value, Timestamp: time.UnixMilli(each.Timestamp)}
			for _, h := range each.Headers {
				sent.Headers = append(sent.Headers, kgo.RecordHeader{Key: h.key, Value: h.value})
			}
			records = append(records, sent)
		}
		must(c.ProduceSync(ctx, records...).FirstErr())
		for i, sent := range records {
			emit(line{"topic": sent.Topic, "index": i, "partition": sent.Partition, "offset": sent.Offset})
		}
		c.Close()
	}
}

func consume(ctx context.Context, r request) {
	c := client(r, kgo.ConsumeTopics(r.topics()...), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer c.Close()
	for left := r.Count; left > 0; {
		fetches := c.PollFetches(ctx)
		must(fetches.Err())
		fetches.EachRecord(emitRecord)
		left -= fetches.NumRecords()
	}
}

func group(ctx context.Context, r request) {
	ctx, leave := context.WithCancel(ctx)
	go func() { _, _ = io.Copy(io.Discard, stdin); leave() }()
	mine := map[string]int32{}
	changed := func(owned bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
			for topic, ps := range partitions {
				for _, p := range ps {
					name := topic + "/" + strconv.Itoa(int(p))
					if owned {
						mine[name] = p
					} else {
						delete(mine, name)
					}
				}
			}
			emit(line{
				"assigned": append([]int32{}, slices.Sorted(maps.Values(mine))...),
				"owned":    append([]string{}, slices.Sorted(maps.Keys(mine))...),
			})
		}
	}
	options := []kgo.Opt{kgo.ConsumerGroup(r.Group), kgo.ConsumeTopics(r.topics()...), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.OnPartitionsAssigned(changed(true)), kgo.OnPartitionsRevoked(changed(false)), kgo.OnPartitionsLost(changed(false))}
	if r.Protocol == "consumer" {
		options = append(options, kgo.ServerSideBalancer(), kgo.Balancers(kgo.StickyBalancer()))
	} else {
		options = append(options, kgo.HeartbeatInterval(500*time.Millisecond), kgo.SessionTimeout(10*time.Second))
	}
	if r.Instance != "" {
		options = append(options, kgo.InstanceID(r.Instance))
	}
	if r.Pattern != "" {
		options = append(options, kgo.ConsumeTopics(r.Pattern), kgo.ConsumeRegex())
	}
	c := client(r, options...)
	defer c.Close()
	for ctx.Err() == nil {
		fetches := c.PollFetches(ctx)
		fetches.EachRecord(emitRecord)
		must(c.CommitUncommittedOffsets(context.Background()))
	}
}

func committed(ctx context.Context, r request) {
	offsets, err := kadm.NewClient(client(r)).FetchOffsets(ctx, r.Group)
	must(err)
	offsets.Each(func(o kadm.OffsetResponse) {
		emit(line{"topic": o.Topic, "partition": o.Partition, "offset": o.At})
	})
}

// sequence sends numbered records to every key in turn until the input ends; each acknowledgement is a line.
func sequence(ctx context.Context, r request) {
	ctx, stop := context.WithCancel(ctx)
	go func() { _, _ = io.Copy(io.Discard, stdin); stop() }()
	c := client(r, kgo.ProducerLinger(5*time.Millisecond), kgo.MaxBufferedRecords(20_000))
	defer c.Close()
	began := time.Now()
	for n := 0; ctx.Err() == nil; n++ {
		if ahead := time.Duration(float64(n)/r.PerSecond*1e9) - time.Since(began); ahead > 5*time.Millisecond {
			time.Sleep(ahead)
		}
		key, number := r.Keys[n%len(r.Keys)], n/len(r.Keys)
		sent := &kgo.Record{Topic: r.Topic, Key: []byte(key), Value: []byte(key + ":" + strconv.Itoa(number))}
		c.Produce(context.Background(), sent, func(at *kgo.Record, err error) {
			if err != nil {
				emit(line{"key": key, "sequence": number, "error": err.Error()})
				return
			}
			emit(line{"key": key, "sequence": number, "partition": at.Partition, "offset": at.Offset})
		})
	}
	must(c.Flush(context.Background()))
}

func client(r request, options ...kgo.Opt) *kgo.Client {
	c, err := kgo.NewClient(append(options, kgo.SeedBrokers(r.Bootstrap))...)
	must(err)
	return c
}

func emitRecord(r *kgo.Record) {
	headers := []header{}
	for _, h := range r.Headers {
		headers = append(headers, header{h.Key, h.Value})
	}
	emit(line{"topic": r.Topic, "partition": r.Partition, "offset": r.Offset, "timestamp": r.Timestamp.UnixMilli(),
		"key": r.Key, "value": r.Value, "headers": headers})
}

// What follows is the contract's JSON, the same for every Go client.

type line map[string]any

func emit(l line) {
	mutex.Lock()
	defer mutex.Unlock()
	must(out.Encode(l))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

type target struct {
	Topic, Codec string
	Level        *int
	Records      []record
}

func (r request) targets() (all []target) {
	must(json.Unmarshal(r.Topics, &all))
	return all
}

func (r request) topics() (all []string) {
	must(json.Unmarshal(r.Topics, &all))
	return all
}

// header is [key, base64 or null] in JSON.
type header struct {
	key   string
	value []byte
}

func (h *header) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[]any{&h.key, &h.value})
}

func (h header) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{h.key, h.value})
}
