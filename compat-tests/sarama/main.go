// Sarama behind the adapter contract of ../README.md.
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

	"github.com/IBM/sarama"
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
	operations := map[string]func(request){
		"create": create, "produce": produce, "consume": consume, "group": group, "committed": committed,
	}
	operations[os.Args[1]](r)
}

func create(r request) {
	admin, err := sarama.NewClusterAdmin([]string{r.Bootstrap}, config())
	must(err)
	defer admin.Close()
	for _, topic := range r.topics() {
		must(admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: r.Partitions, ReplicationFactor: 1}, false))
	}
}

func produce(r request) {
	codecs := map[string]sarama.CompressionCodec{
		"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy,
		"lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD,
	}
	for _, target := range r.targets() {
		c := config()
		c.Producer.Compression = codecs[target.Codec]
		c.Producer.RequiredAcks = sarama.WaitForAll
		c.Producer.Idempotent = true
		c.Net.MaxOpenRequests = 1 // idempotence asks for it
		c.Producer.Return.Successes = true
		producer, err := sarama.NewSyncProducer([]string{r.Bootstrap}, c)
		must(err)
		var messages []*sarama.ProducerMessage
		for _, each := range r.Records {
			message := &sarama.ProducerMessage{Topic: target.Topic, Key: encoder(each.Key), Value: encoder(each.Value), Timestamp: time.UnixMilli(each.Timestamp)}
			for _, h := range each.Headers {
				message.Headers = append(message.Headers, sarama.RecordHeader{Key: []byte(h.key), Value: h.value})
			}
			messages = append(messages, message)
		}
		must(producer.SendMessages(messages))
		for i, m := range messages {
			emit(line{"topic": m.Topic, "index": i, "partition": m.Partition, "offset": m.Offset})
		}
		must(producer.Close())
	}
}

func encoder(bytes []byte) sarama.Encoder {
	if bytes == nil {
		return nil
	}
	return sarama.ByteEncoder(bytes)
}

func consume(r request) {
	consumer, err := sarama.NewConsumer([]string{r.Bootstrap}, config())
	must(err)
	messages := make(chan *sarama.ConsumerMessage)
	for _, topic := range r.topics() {
		partitions, err := consumer.Partitions(topic)
		must(err)
		for _, p := range partitions {
			claim, err := consumer.ConsumePartition(topic, p, sarama.OffsetOldest)
			must(err)
			go func() {
				for m := range claim.Messages() {
					messages <- m
				}
			}()
		}
	}
	for range r.Count {
		emitRecord(<-messages)
	}
}

type member struct{ topic string }

func (m member) Setup(session sarama.ConsumerGroupSession) error {
	assigned := append([]int32{}, session.Claims()[m.topic]...)
	slices.Sort(assigned)
	emit(line{"assigned": assigned})
	return nil
}

func (m member) Cleanup(sarama.ConsumerGroupSession) error {
	emit(line{"assigned": []int32{}})
	return nil
}

func (m member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		emitRecord(message)
		session.MarkMessage(message, "")
		session.Commit()
	}
	return nil
}

func group(r request) {
	ctx, leave := context.WithCancel(context.Background())
	go func() { _, _ = io.Copy(io.Discard, stdin); leave() }()
	c := config()
	c.Consumer.Offsets.Initial = sarama.OffsetOldest
	c.Consumer.Offsets.AutoCommit.Enable = false
	c.Consumer.Group.Heartbeat.Interval = 500 * time.Millisecond
	c.Consumer.Group.Session.Timeout = 10 * time.Second
	consumer, err := sarama.NewConsumerGroup([]string{r.Bootstrap}, r.Group, c)
	must(err)
	for ctx.Err() == nil {
		if err := consumer.Consume(ctx, r.topics(), member{r.topics()[0]}); !errors.Is(err, context.Canceled) {
			must(err)
		}
	}
	must(consumer.Close())
}

func committed(r request) {
	admin, err := sarama.NewClusterAdmin([]string{r.Bootstrap}, config())
	must(err)
	defer admin.Close()
	answer, err := admin.ListConsumerGroupOffsets(r.Group, nil)
	must(err)
	for topic, partitions := range answer.Blocks {
		for p, block := range partitions {
			emit(line{"topic": topic, "partition": p, "offset": block.Offset})
		}
	}
}

func config() *sarama.Config {
	c := sarama.NewConfig()
	c.Version = sarama.MaxVersion
	return c
}

func emitRecord(m *sarama.ConsumerMessage) {
	headers := []header{}
	for _, h := range m.Headers {
		headers = append(headers, header{string(h.Key), h.Value})
	}
	emit(line{"topic": m.Topic, "partition": m.Partition, "offset": m.Offset, "timestamp": m.Timestamp.UnixMilli(),
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
