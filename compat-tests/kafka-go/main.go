// Segmentio's kafka-go behind the adapter contract of ../README.md.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

type record struct {
	Key, Value []byte
	Headers    []header
	Timestamp  int64
}

type request struct {
	Bootstrap  string
	Topics     json.RawMessage
	Partitions int
	Records    []record
	Count      int
	Group      string
}

var (
	stdin = bufio.NewReaderSize(os.Stdin, 1<<16)
	mutex sync.Mutex
	out   = json.NewEncoder(os.Stdout)
)

func main() {
	text, err := stdin.ReadBytes('\n')
	must(err)
	var r request
	must(json.Unmarshal(text, &r))
	operations := map[string]func(context.Context, request){
		"create": create, "produce": produce, "consume": consume, "group": group, "committed": committed,
	}
	operations[os.Args[1]](context.Background(), r)
}

func create(ctx context.Context, r request) {
	create := &kafka.CreateTopicsRequest{}
	for _, topic := range r.topics() {
		create.Topics = append(create.Topics, kafka.TopicConfig{Topic: topic, NumPartitions: r.Partitions, ReplicationFactor: 1})
	}
	answer, err := client(r).CreateTopics(ctx, create)
	must(err)
	for _, err := range answer.Errors {
		must(err)
	}
}

func produce(ctx context.Context, r request) {
	codecs := map[string]kafka.Compression{"gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd}
	for _, target := range r.targets() {
		w := &kafka.Writer{Addr: kafka.TCP(r.Bootstrap), Topic: target.Topic, Balancer: kafka.Murmur2Balancer{Consistent: true},
			Compression: codecs[target.Codec], RequiredAcks: kafka.RequireAll, BatchTimeout: 50 * time.Millisecond}
		var messages []kafka.Message
		for _, each := range r.Records {
			message := kafka.Message{Key: each.Key, Value: each.Value, Time: time.UnixMilli(each.Timestamp)}
			for _, h := range each.Headers {
				message.Headers = append(message.Headers, kafka.Header{Key: h.key, Value: h.value})
			}
			messages = append(messages, message)
		}
		must(w.WriteMessages(ctx, messages...))
		must(w.Close())
	}
}

// consume reads as a group of one: a Reader outside a group knows a single partition.
func consume(ctx context.Context, r request) {
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{r.Bootstrap}, GroupID: r.Group, GroupTopics: r.topics(),
		StartOffset: kafka.FirstOffset, MinBytes: 1, MaxBytes: 1 << 20, MaxWait: time.Second})
	for range r.Count {
		message, err := reader.FetchMessage(ctx)
		must(err)
		emitRecord(message)
	}
	must(reader.Close())
}

func group(ctx context.Context, r request) {
	ctx, leave := context.WithCancel(ctx)
	go func() { _, _ = io.Copy(io.Discard, stdin); leave() }()
	member, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{ID: r.Group, Brokers: []string{r.Bootstrap}, Topics: r.topics(),
		StartOffset: kafka.FirstOffset, HeartbeatInterval: 500 * time.Millisecond, SessionTimeout: 10 * time.Second})
	must(err)
	for {
		generation, err := member.Next(ctx)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			log.Print(err)
			continue
		}
		topic := r.topics()[0]
		assigned := []int{}
		for _, p := range generation.Assignments[topic] {
			assigned = append(assigned, p.ID)
			generation.Start(func(ctx context.Context) { readPartition(ctx, r, generation, p) })
		}
		slices.Sort(assigned)
		emit(line{"assigned": assigned})
	}
	must(member.Close())
}

func readPartition(ctx context.Context, r request, generation *kafka.Generation, p kafka.PartitionAssignment) {
	topic := r.topics()[0]
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{r.Bootstrap}, Topic: topic, Partition: p.ID, MaxWait: 200 * time.Millisecond})
	defer reader.Close()
	must(reader.SetOffset(p.Offset))
	for {
		message, err := reader.ReadMessage(ctx)
		if errors.Is(err, kafka.ErrGenerationEnded) || ctx.Err() != nil {
			return
		}
		must(err)
		emitRecord(message)
		if err := generation.CommitOffsets(map[string]map[int]int64{topic: {p.ID: message.Offset + 1}}); err != nil {
			log.Print(err)
			return
		}
	}
}

func committed(ctx context.Context, r request) {
	topic := r.topics()[0]
	partitions := make([]int, r.Partitions)
	for p := range partitions {
		partitions[p] = p
	}
	answer, err := client(r).OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: r.Group, Topics: map[string][]int{topic: partitions}})
	must(err)
	must(answer.Error)
	for _, p := range answer.Topics[topic] {
		must(p.Error)
		emit(line{"topic": topic, "partition": p.Partition, "offset": p.CommittedOffset})
	}
}

func client(r request) *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(r.Bootstrap), Timeout: 30 * time.Second}
}

func emitRecord(m kafka.Message) {
	headers := []header{}
	for _, h := range m.Headers {
		headers = append(headers, header{h.Key, h.Value})
	}
	emit(line{"topic": m.Topic, "partition": m.Partition, "offset": m.Offset, "timestamp": m.Time.UnixMilli(),
		"key": m.Key, "value": m.Value, "headers": headers})
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

type target struct{ Topic, Codec string }

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
