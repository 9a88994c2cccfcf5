"""confluent-kafka (librdkafka) behind the adapter contract of ../README.md."""

import base64
import json
import sys
import threading
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

stdout_lock = threading.Lock()


def create(request):
    admin = AdminClient({"bootstrap.servers": request["bootstrap"]})
    topics = [NewTopic(topic, request["partitions"], 1) for topic in request["topics"]]
    for created in admin.create_topics(topics).values():
        created.result()


def produce(request):
    for target in request["topics"]:
        producer = Producer(
            {
                "bootstrap.servers": request["bootstrap"],
                "compression.type": target["codec"],
                "compression.level": target.get("level", -1),
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "linger.ms": 50,
            }
        )
        for index, record in enumerate(target.get("records", request["records"])):
            producer.produce(
                target["topic"],
                key=decode(record["key"]),
                value=decode(record["value"]),
                headers=[(key, decode(value)) for key, value in record["headers"]],
                timestamp=record["timestamp"],
                on_delivery=lambda error, message, index=index: delivered(error, message, {"index": index}),
            )
        producer.flush()


def delivered(error, message, line):
    if error:
        emit({**line, "error": str(error)})
    else:
        emit({**line, "topic": message.topic(), "partition": message.partition(), "offset": message.offset()})


def consume(request):
    consumer = new_consumer(request)
    topics = consumer.list_topics().topics
    consumer.assign(
        [TopicPartition(topic, p, OFFSET_BEGINNING) for topic in request["topics"] for p in topics[topic].partitions]
    )
    for _ in range(request["count"]):
        emit_record(next_record(consumer))
    consumer.close()


def next_record(consumer):
    while True:
        message = consumer.poll(1)
        if message is not None:
            return checked(message)


def group(request):
    leaving = wait_for_end_of_input()
    classic = {"heartbeat.interval.ms": 500, "session.timeout.ms": 10000}
    next_generation = request.get("protocol") == "consumer"
    options = {"group.protocol": "consumer"} if next_generation else classic
    if request.get("instance"):
        options["group.instance.id"] = request["instance"]
    consumer = new_consumer(request, options)
    owned = set()

    def assigned(partitions):
        # The consumer protocol tells what is new; the classic one all there is.
        owned.difference_update(() if next_generation else list(owned))
        owned.update((p.topic, p.partition) for p in partitions)
        emit_owned(owned)

    def revoked(partitions):
        owned.difference_update([(p.topic, p.partition) for p in partitions])
        emit_owned(owned)

    consumer.subscribe(
        request["topics"],
        on_assign=lambda _, partitions: assigned(partitions),
        on_revoke=lambda _, partitions: revoked(partitions),
        on_lost=lambda _, partitions: revoked(partitions),
    )
    while not leaving.is_set():
        message = consumer.poll(0.2)
        if message is not None:
            emit_record(checked(message))
            consumer.commit(message, asynchronous=False)
    consumer.close()


def emit_owned(owned):
    emit(
        {
            "assigned": sorted(partition for _, partition in owned),
            "owned": sorted(f"{topic}/{partition}" for topic, partition in owned),
        }
    )


def committed(request):
    admin = AdminClient({"bootstrap.servers": request["bootstrap"]})
    asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(request["group"])])
    for at in asked[request["group"]].result().topic_partitions:
        emit({"topic": at.topic, "partition": at.partition, "offset": at.offset})


def sequence(request):
    """Numbered records to every key in turn until the input ends; each acknowledgement is a line."""
    stopping = wait_for_end_of_input()
    producer = Producer(
        {
            "bootstrap.servers": request["bootstrap"],
            "partitioner": "murmur2_random",
            "enable.idempotence": True,
            "delivery.timeout.ms": 900_000,
            "reconnect.backoff.max.ms": 1000,
        }
    )
    keys, began, n = request["keys"], time.monotonic(), 0
    while not stopping.is_set():
        ahead = n / request["perSecond"] - (time.monotonic() - began)
        producer.poll(ahead if ahead > 0.005 else 0)
        number, key = divmod(n, len(keys))
        line = {"key": keys[key], "sequence": number}
        try:
            producer.produce(
                request["topic"],
                key=keys[key],
                value=f"{keys[key]}:{number}",
                on_delivery=lambda error, message, line=line: delivered(error, message, line),
            )
            n += 1
        except BufferError:  # the queue is full while the broker is away
            producer.poll(0.1)
    producer.flush()


def new_consumer(request, options=None):
    return Consumer(
        {
            "bootstrap.servers": request["bootstrap"],
            "group.id": request["group"],
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            **(options or {}),
        }
    )


def checked(message):
    if message.error():
        raise KafkaException(message.error())
    return message


def emit_record(message):
    emit(
        {
            "topic": message.topic(),
            "partition": message.partition(),
            "offset": message.offset(),
            "timestamp": message.timestamp()[1],
            "key": encode(message.key()),
            "value": encode(message.value()),
            "headers": [[key, encode(value)] for key, value in message.headers() or []],
        }
    )


def wait_for_end_of_input():
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    return ended


def emit(line):
    with stdout_lock:
        print(json.dumps(line), flush=True)


def encode(data):
    return None if data is None else base64.b64encode(data).decode()


def decode(text):
    return None if text is None else base64.b64decode(text)


if __name__ == "__main__":
    operations = {f.__name__: f for f in (create, produce, consume, group, committed, sequence)}
    operations[sys.argv[1]](json.loads(sys.stdin.readline()))
